#include "plugin_host/record_session.h"

#include <algorithm>

#include "base/text.h"
#include "plugin_host/arena.h"
#include "plugin_host/entry_mark.h"
#include "plugin_host/host_services.h"

namespace gw::plugin_host {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::nanoseconds kMigrationLimit = 30min;

std::uint64_t monoNanoseconds(MonoTime time) {
    return static_cast<std::uint64_t>(std::chrono::nanoseconds(time.time_since_epoch()).count());
}

/// Borrows the value's text; `type` is the column's.
gwp_value toAbi(const Value& value, std::uint32_t type) {
    gwp_value out{};
    out.type = value.index() == 0 ? 0 : type;
    if (const auto* number = std::get_if<std::int64_t>(&value)) out.i = *number;
    if (const auto* number = std::get_if<double>(&value)) out.d = *number;
    if (const auto* text = std::get_if<std::string>(&value)) out.b = abiBytes(*text);
    if (const auto* time = std::get_if<WallTime>(&value)) out.i = toMicros(*time);
    if (const auto* flag = std::get_if<bool>(&value)) out.i = *flag ? 1 : 0;
    return out;
}

Value fromAbi(const gwp_value& value) {
    switch (value.type) {
        case 0: return {};
        case GWP_T_I64: return value.i;
        case GWP_T_F64: return value.d;
        case GWP_T_TIME: return fromMicros(value.i);
        case GWP_T_BOOL: return value.i != 0;
        default: return std::string(view(value.b));
    }
}

/// Cursors travel in URLs.
std::string toUrlText(std::string_view bytes) {
    std::string text = base64Encode(bytes);
    std::ranges::replace(text, '+', '-');
    std::ranges::replace(text, '/', '_');
    while (!text.empty() && text.back() == '=') text.pop_back();
    return text;
}

std::string fromUrlText(std::string text) {
    std::ranges::replace(text, '-', '+');
    std::ranges::replace(text, '_', '/');
    while (text.size() % 4 != 0) text += '=';
    std::string bytes;
    if (!base64Decode(text, bytes) || bytes.empty())
        throw Error(ErrorCode::InvalidRequest, "The cursor is not valid.").withParam("cursor");
    return bytes;
}

/// Collects the rows of a find(); nothing may be thrown through the plugin.
struct PageSink {
    Page page;
    bool out_of_memory = false;

    gwp_row_sink abi() { return {sizeof(gwp_row_sink), 0, this, &PageSink::row, &PageSink::cursor}; }
    static gwp_status row(void* self, const gwp_field* fields, std::uint64_t count) noexcept {
        auto& sink = *static_cast<PageSink*>(self);
        try {
            Row& into = sink.page.rows.emplace_back();
            into.reserve(count);
            for (std::uint64_t i = 0; i < count; ++i)
                into.push_back({std::string(view(fields[i].column)), fromAbi(fields[i].value)});
            return GWP_OK;
        } catch (...) {
            sink.out_of_memory = true;
            return GWP_E_LIMIT;
        }
    }
    static void cursor(void* self, gwp_bytes next) noexcept {
        auto& sink = *static_cast<PageSink*>(self);
        try {
            sink.page.next = toUrlText(view(next));
        } catch (...) {
            sink.out_of_memory = true;
        }
    }
};

bool connectionSuspect(gwp_status status) {
    switch (status) {
        case GWP_E_INTERNAL:
        case GWP_E_TIMEOUT:
        case GWP_E_CANCELLED:
        case GWP_E_IO:
        case GWP_E_GONE:
        case GWP_E_UNKNOWN_COMMIT: return true;
        default: return false;
    }
}

template <class E = Error>
E unavailable(std::string detail) {
    E error(ErrorCode::Unavailable, "The database cannot be used now. Please try again.", std::move(detail));
    error.withRetryAfter(1s);
    return error;
}

}  // namespace

ColumnTypes::ColumnTypes(const Schema& schema) {
    for (const Collection& collection : schema.collections)
        for (const Column& column : collection.columns)
            collections_[collection.name].emplace_back(column.name, static_cast<std::uint32_t>(column.type));
}

std::uint32_t ColumnTypes::of(std::string_view collection, std::string_view column, std::size_t& hint) const {
    const auto found = collections_.find(std::string(collection));
    if (found == collections_.end()) throw Error(ErrorCode::Internal, "Internal error.", "no such collection");
    const Columns& columns = found->second;
    for (std::size_t tried = 0; tried < columns.size(); ++tried, ++hint) {
        if (hint >= columns.size()) hint = 0;
        if (columns[hint].first == column) return columns[hint++].second;
    }
    throw Error(ErrorCode::Internal, "Internal error.", "no such column: " + std::string(column));
}

template <class F>
gwp_status PluginRecordSession::call(const char* phase, std::chrono::nanoseconds limit, F&& entry) noexcept {
    last_use_ = std::chrono::steady_clock::now();
    error_.reset();
    const gwp_call call{sizeof(gwp_call), 0, monoNanoseconds(last_use_ + limit), &error_};
    const EntryMark mark(*link_.instance, phase, EntryMark::Pace::Blocking);
    const gwp_status status = entry(&call);
    const bool suspect = connectionSuspect(status);
    const bool full = error_.type == "storage_full";
    if (suspect && !full) broken_ = true;
    if (status != GWP_E_BUSY && !full) link_.healthy.store(!suspect, std::memory_order_relaxed);
    return status;
}

PluginRecordSession::PluginRecordSession(StorageLink& link) : link_(link) {
    require(call("open", [&](const gwp_call* c) { return link_.table.open(link_.handle(), c, &session_); }));
}

PluginRecordSession::~PluginRecordSession() {
    if (in_transaction_) rollback();
    if (session_ == nullptr) return;
    const EntryMark mark(*link_.instance, "close", EntryMark::Pace::Blocking);
    link_.table.close(session_);
}

void PluginRecordSession::begin(bool read_only) {
    const std::uint32_t flags = read_only ? GWP_TX_READ_ONLY : 0;
    require(call("begin", [&](const gwp_call* c) { return link_.table.begin(session_, c, flags); }));
    in_transaction_ = true;
}

void PluginRecordSession::commit() {
    in_transaction_ = false;
    require(call("commit", [&](const gwp_call* c) { return link_.table.commit(session_, c); }));
}

void PluginRecordSession::rollback() noexcept {
    in_transaction_ = false;
    const EntryMark mark(*link_.instance, "rollback", EntryMark::Pace::Blocking);
    if (link_.table.rollback(session_) != GWP_OK) broken_ = true;
}

RecordSession::Outcome PluginRecordSession::insert(std::string_view collection, const Row& row) {
    fill(set_, collection, row);
    return outcome(call("insert", [&](const gwp_call* c) {
        return link_.table.insert(session_, c, abi(collection), set_.data(), set_.size());
    }));
}

RecordSession::Outcome PluginRecordSession::update(std::string_view collection, const Row& key, const Row& expect,
                                                   const Row& set) {
    fill(key_, collection, key);
    fill(expect_, collection, expect);
    fill(set_, collection, set);
    const gwp_status status = call("update", [&](const gwp_call* c) {
        return link_.table.update(session_, c, abi(collection), key_.data(), key_.size(), expect_.data(),
                                  expect_.size(), set_.data(), set_.size());
    });
    if (status == GWP_E_CONFLICT && !expect.empty()) return Outcome::Conflict;
    return outcome(status);
}

RecordSession::Outcome PluginRecordSession::remove(std::string_view collection, const Row& key) {
    fill(key_, collection, key);
    return outcome(call("remove", [&](const gwp_call* c) {
        return link_.table.remove(session_, c, abi(collection), key_.data(), key_.size());
    }));
}

void PluginRecordSession::add(std::string_view collection, const Row& key, const Row& init, const Row& deltas) {
    fill(key_, collection, key);
    fill(expect_, collection, init);
    fill(set_, collection, deltas);
    require(call("add", [&](const gwp_call* c) {
        return link_.table.add(session_, c, abi(collection), key_.data(), key_.size(), expect_.data(), expect_.size(),
                               set_.data(), set_.size());
    }));
}

RecordSession::Outcome PluginRecordSession::addBounded(std::string_view collection, const Row& key, const Row& init,
                                                       const Row& deltas, const Bound& bound) {
    fill(key_, collection, key);
    fill(expect_, collection, init);
    fill(set_, collection, deltas);
    const gwp_status status = call("add_bounded", [&](const gwp_call* c) {
        if (link_.table.add_bounded == nullptr) return GWP_E_UNSUPPORTED;  // an older plugin
        return link_.table.add_bounded(session_, c, abi(collection), key_.data(), key_.size(), expect_.data(),
                                       expect_.size(), set_.data(), set_.size(), abi(bound.counter), bound.min,
                                       bound.max);
    });
    return status == GWP_E_LIMIT ? Outcome::Limit : outcome(status);
}

/// A query as the C ABI wants it; borrows from the Query.
struct PluginRecordSession::QueryParts {
    std::vector<gwp_cond> where;
    std::vector<gwp_str> select;
    std::string after;
    gwp_query query{};
};

void PluginRecordSession::fill(QueryParts& parts, const Query& query) const {
    std::size_t hint = 0;
    for (const Condition& condition : query.where) {
        const std::uint32_t type = link_.types->of(query.collection, condition.column, hint);
        parts.where.push_back(
            {abi(condition.column), static_cast<std::uint32_t>(condition.compare), 0, toAbi(condition.value, type)});
    }
    for (const std::string& column : query.select) parts.select.push_back(abi(column));
    if (!query.after.empty()) parts.after = fromUrlText(query.after);
    parts.query = {sizeof(gwp_query),  query.descending ? 1u : 0u, abi(query.collection), abi(query.index),
                   parts.where.data(), parts.where.size(),         parts.select.data(),   parts.select.size(),
                   query.limit,        abiBytes(parts.after)};
}

Page PluginRecordSession::find(const Query& query) {
    QueryParts parts;
    fill(parts, query);
    PageSink sink;
    const gwp_row_sink table = sink.abi();
    const gwp_status status =
        call("find", [&](const gwp_call* c) { return link_.table.find(session_, c, &parts.query, &table); });
    if (sink.out_of_memory) throw Error(ErrorCode::Unavailable, "Out of memory.", "a page of rows did not fit");
    require(status);
    return std::move(sink.page);
}

std::uint64_t PluginRecordSession::purge(const Query& query) {
    QueryParts parts;
    fill(parts, query);
    std::uint64_t done = 0;
    require(call("purge", [&](const gwp_call* c) { return link_.table.purge(session_, c, &parts.query, &done); }));
    return done;
}

bool PluginRecordSession::ping() noexcept {
    return call("ping", [&](const gwp_call* c) { return link_.table.ping(session_, c); }) == GWP_OK;
}

std::uint32_t PluginRecordSession::schemaVersion() {
    std::uint32_t installed = 0;
    require(
        call("schema_version", [&](const gwp_call* c) { return link_.table.schema_version(session_, c, &installed); }));
    return installed;
}

std::string PluginRecordSession::plan() {
    Arena arena;
    gwp_str text{};
    require(
        call("plan", kMigrationLimit, [&](const gwp_call* c) { return link_.table.plan(session_, c, &arena, &text); }));
    return std::string(view(text));
}

void PluginRecordSession::migrate() {
    require(call("migrate", kMigrationLimit, [&](const gwp_call* c) { return link_.table.migrate(session_, c); }));
}

void PluginRecordSession::fill(Fields& fields, std::string_view collection, const Row& row) const {
    fields.clear();
    std::size_t hint = 0;
    for (const Field& field : row)
        fields.push_back({abi(field.column), toAbi(field.value, link_.types->of(collection, field.column, hint))});
}

RecordSession::Outcome PluginRecordSession::outcome(gwp_status status) {
    switch (status) {
        case GWP_OK: return Outcome::Done;
        case GWP_E_EXISTS: return Outcome::Exists;
        case GWP_E_NOT_FOUND: return Outcome::NotFound;
        default: fail(status);
    }
}

void PluginRecordSession::require(gwp_status status) {
    if (status != GWP_OK) fail(status);
}

void PluginRecordSession::fail(gwp_status status) {
    const std::string detail = link_.instance->name() + ": " + error_.words(status);
    if (error_.type == "storage_full") throw Error(ErrorCode::StorageFull, "The database's disk is full.", detail);
    if (error_.type == "bad_cursor")
        throw Error(ErrorCode::InvalidRequest, "The cursor is not valid.", detail).withParam("cursor");
    if (error_.type == "value_too_long") throw Error(ErrorCode::InvalidRequest, "A value is too long.", detail);
    switch (status) {
        case GWP_E_CONFLICT: throw unavailable<SerializationConflict>(detail);
        case GWP_E_UNKNOWN_COMMIT: throw unavailable<UnknownCommit>(detail);
        case GWP_E_BUSY:
        case GWP_E_TIMEOUT:
        case GWP_E_CANCELLED:
        case GWP_E_IO:
        case GWP_E_GONE: throw unavailable(detail);
        default: throw Error(ErrorCode::Internal, "Internal error.", detail);
    }
}

}  // namespace gw::plugin_host
