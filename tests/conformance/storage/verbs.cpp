#include "tests/conformance/storage/verbs.h"

#include <stdexcept>

#include "tests/support/catch.h"

namespace gw::test {
namespace {

using plugin_host::ColumnType;

std::string setting(const char* name, std::string otherwise) {
    const char* value = std::getenv(name);
    return value != nullptr ? value : std::move(otherwise);
}

std::string configFor(const std::string& directory) {
    std::string config = setting("GWP_STORAGE_CONFIG", R"({"path":"{dir}/conformance.db"})");
    for (std::size_t at = config.find("{dir}"); at != std::string::npos; at = config.find("{dir}"))
        config.replace(at, 5, directory);
    return config;
}

gwp_str str(std::string_view words) {
    return {words.data(), words.size()};
}

std::vector<gwp_field> fields(const Record& record) {
    std::vector<gwp_field> out;
    for (const auto& [name, value] : record) out.push_back({str(name), value.abi()});
    return out;
}

struct AskParts {
    explicit AskParts(const Ask& ask) {
        for (const Where& condition : ask.where)
            where.push_back({str(condition.column), condition.compare, 0, condition.value.abi()});
        for (const std::string& name : ask.select) select.push_back(str(name));
        query = {sizeof(gwp_query),   ask.flags,
                 str(ask.collection), str(ask.index),
                 where.data(),        where.size(),
                 select.data(),       select.size(),
                 ask.limit,           {reinterpret_cast<const std::uint8_t*>(ask.after.data()), ask.after.size()}};
    }
    std::vector<gwp_cond> where;
    std::vector<gwp_str> select;
    gwp_query query{};
};

Datum toDatum(const gwp_value& value) {
    return {value.type, value.i, value.d, std::string(reinterpret_cast<const char*>(value.b.ptr), value.b.len)};
}

}  // namespace

const Datum& column(const Record& record, std::string_view name) {
    for (const auto& [key, value] : record)
        if (key == name) return value;
    throw std::runtime_error("no column " + std::string(name));
}

Database::Database()
    : plugin_(
          setting("GWP_STORAGE_PLUGIN", std::string(GATEWAY_BINARY_DIR) + "/lib/ai-gateway/plugins/storage_sqlite.so"),
          setting("GWP_STORAGE_CLASS", "gateway.storage_sqlite")),
      config_(configFor(directory_.path())) {
    restart();
}

void Database::restart() {
    plugin_.end(std::move(made_.instance));
    made_ = plugin_.make(config_);
    INFO(made_.reason);
    REQUIRE(made_.instance);
    table_ = plugin_host::viewOf(static_cast<const gwp_storage*>(made_.instance->interface(GWP_IF_STORAGE)));
    REQUIRE(table_.add_bounded != nullptr);
}

gwp_status Database::declare(const plugin_host::Schema& schema) {
    const plugin_host::SchemaFace face(schema);
    plugin_host::ErrorSlot error;
    return table_.set_schema(handle(), &face.table(), &error);
}

Verbs::Verbs(Database& database) : database_(database) {
    const gwp_call c = call();
    if (database_.table().open(database_.handle(), &c, &session_) != GWP_OK)
        throw std::runtime_error("open: " + error_.text);
}

Verbs::~Verbs() {
    database_.table().close(session_);
}

gwp_call Verbs::call() {
    error_.reset();
    const auto deadline = std::chrono::steady_clock::now().time_since_epoch() + limit;
    return {sizeof(gwp_call), 0, static_cast<std::uint64_t>(std::chrono::nanoseconds(deadline).count()), &error_};
}

gwp_status Verbs::insert(std::string_view collection, const Record& row) {
    const auto list = fields(row);
    const gwp_call c = call();
    return database_.table().insert(session_, &c, str(collection), list.data(), list.size());
}

gwp_status Verbs::update(std::string_view collection, const Record& key, const Record& expect, const Record& set) {
    const auto k = fields(key), e = fields(expect), s = fields(set);
    const gwp_call c = call();
    return database_.table().update(session_, &c, str(collection), k.data(), k.size(), e.data(), e.size(), s.data(),
                                    s.size());
}

gwp_status Verbs::remove(std::string_view collection, const Record& key) {
    const auto k = fields(key);
    const gwp_call c = call();
    return database_.table().remove(session_, &c, str(collection), k.data(), k.size());
}

gwp_status Verbs::add(std::string_view collection, const Record& key, const Record& init, const Record& deltas) {
    const auto k = fields(key), i = fields(init), d = fields(deltas);
    const gwp_call c = call();
    return database_.table().add(session_, &c, str(collection), k.data(), k.size(), i.data(), i.size(), d.data(),
                                 d.size());
}

gwp_status Verbs::addBounded(std::string_view collection, const Record& key, const Record& init, const Record& deltas,
                             const Bound& bound) {
    const auto k = fields(key), i = fields(init), d = fields(deltas);
    const gwp_call c = call();
    return database_.table().add_bounded(session_, &c, str(collection), k.data(), k.size(), i.data(), i.size(),
                                         d.data(), d.size(), str(bound.counter), bound.min, bound.max);
}

Answer Verbs::find(const Ask& ask) {
    const AskParts parts(ask);
    Answer answer;
    const gwp_row_sink sink{
        sizeof(gwp_row_sink), 0, &answer,
        [](void* self, const gwp_field* row, std::uint64_t n) noexcept -> gwp_status {
            Record record;
            for (std::uint64_t i = 0; i < n; ++i)
                record.emplace_back(std::string(row[i].column.ptr, row[i].column.len), toDatum(row[i].value));
            static_cast<Answer*>(self)->rows.push_back(std::move(record));
            return GWP_OK;
        },
        [](void* self, gwp_bytes next) noexcept {
            static_cast<Answer*>(self)->next.assign(reinterpret_cast<const char*>(next.ptr), next.len);
        }};
    const gwp_call c = call();
    answer.status = database_.table().find(session_, &c, &parts.query, &sink);
    return answer;
}

gwp_status Verbs::purge(const Ask& ask, std::uint64_t& done) {
    const AskParts parts(ask);
    const gwp_call c = call();
    return database_.table().purge(session_, &c, &parts.query, &done);
}

gwp_status Verbs::begin(std::uint32_t flags) {
    const gwp_call c = call();
    return database_.table().begin(session_, &c, flags);
}

gwp_status Verbs::commit() {
    const gwp_call c = call();
    return database_.table().commit(session_, &c);
}

gwp_status Verbs::rollback() {
    return database_.table().rollback(session_);
}

gwp_status Verbs::schemaVersion(std::uint32_t& installed) {
    const gwp_call c = call();
    return database_.table().schema_version(session_, &c, &installed);
}

gwp_status Verbs::plan(std::string& words) {
    plugin_host::Arena arena;
    gwp_str out{};
    const gwp_call c = call();
    const gwp_status status = database_.table().plan(session_, &c, &arena, &out);
    if (status == GWP_OK) words.assign(out.ptr, out.len);
    return status;
}

gwp_status Verbs::migrate() {
    const gwp_call c = call();
    return database_.table().migrate(session_, &c);
}

gwp_status Verbs::ping() {
    const gwp_call c = call();
    return database_.table().ping(session_, &c);
}

std::optional<Record> Verbs::get(std::string_view collection, const std::string& id) {
    Ask ask;
    ask.collection = collection;
    ask.where = {{"id", GWP_CMP_EQ, text(id)}};
    Answer answer = find(ask);
    REQUIRE(answer.status == GWP_OK);
    REQUIRE(answer.rows.size() <= 1);
    if (answer.rows.empty()) return std::nullopt;
    return std::move(answer.rows[0]);
}

plugin_host::Schema schemaOf(std::uint32_t version) {
    plugin_host::Collection things;
    things.name = "things";
    things.primary_key = {"id"};
    things.columns = {
        {"id", ColumnType::Text, false, false, 64, 1},       {"owner", ColumnType::Text, false, false, 64, 1},
        {"name", ColumnType::Text, true, false, 64, 1},      {"level", ColumnType::I64, true, false, 0, 1},
        {"score", ColumnType::F64, true, false, 0, 1},       {"data", ColumnType::Blob, true, false, 1u << 20, 1},
        {"doc", ColumnType::Json, true, false, 1u << 20, 1}, {"made_at", ColumnType::Time, true, false, 0, 1},
        {"on_duty", ColumnType::Bool, true, false, 0, 1},    {"hits", ColumnType::I64, false, true, 0, 1},
        {"misses", ColumnType::I64, false, true, 0, 1}};
    things.indexes = {
        {"by_owner", {"owner", "level"}, false, 1}, {"by_name", {"name"}, true, 1}, {"by_level", {"level"}, false, 1}};
    plugin_host::Schema schema;
    schema.version = version;
    if (version >= 2) {
        things.columns.push_back({"note", ColumnType::Text, true, false, 64, 2});
        things.columns.push_back({"tries", ColumnType::I64, false, true, 0, 2});
        things.indexes.push_back({"by_note", {"note"}, false, 2});
    }
    schema.collections.push_back(std::move(things));
    if (version >= 2) {
        plugin_host::Collection pairs;
        pairs.name = "pairs";
        pairs.since = 2;
        pairs.primary_key = {"a", "b"};
        pairs.columns = {{"a", ColumnType::Text, false, false, 64, 2},
                         {"b", ColumnType::I64, false, false, 0, 2},
                         {"total", ColumnType::I64, false, true, 0, 2}};
        schema.collections.push_back(std::move(pairs));
    }
    return schema;
}

Migrated::Migrated(std::uint32_t version) {
    REQUIRE(declare(schemaOf(version)) == GWP_OK);
    Verbs session(*this);
    REQUIRE(session.migrate() == GWP_OK);
}

}  // namespace gw::test
