#include "verbs.h"

#include <algorithm>

namespace sqlite_store {
namespace {

enum class Stepped : std::uint8_t { Changed, Unchanged, Exists };

Stepped stepWrite(Connection& connection, sqlite3_stmt* statement, const std::vector<gwp_value>& values) {
    const Running running(statement);
    for (std::size_t i = 0; i < values.size(); ++i) bind(statement, static_cast<int>(i) + 1, values[i]);
    if (sqlite3_step(statement) == SQLITE_DONE)
        return sqlite3_changes64(connection.db()) > 0 ? Stepped::Changed : Stepped::Unchanged;
    const int code = sqlite3_extended_errcode(connection.db());
    if (code == SQLITE_CONSTRAINT_PRIMARYKEY || code == SQLITE_CONSTRAINT_UNIQUE) return Stepped::Exists;
    throw failure(connection.db(), "write");
}

// Fields mostly come in the declared order, so the search goes on where the last one was found.
class Resolver {
public:
    explicit Resolver(const Collection& collection) : collection_(collection) {}
    const Column& operator()(gwp_str name) {
        const std::vector<Column>& columns = collection_.columns;
        if (next_ >= columns.size() || columns[next_].name != gwp::sv(name))
            next_ = static_cast<std::size_t>(&collection_.column(gwp::sv(name)) - columns.data());
        return columns[next_++];
    }

private:
    const Collection& collection_;
    std::size_t next_ = 0;
};

void append(const Column& column, const gwp_value& value, Columns& columns, std::vector<gwp_value>& values) {
    if (std::ranges::find(columns, &column) != columns.end()) throw invalid("named twice: " + column.name);
    columns.push_back(&column);
    values.push_back(value);
}

void readFields(const Collection& collection, Fields fields, Columns& columns, std::vector<gwp_value>& values) {
    Resolver resolve(collection);
    for (std::uint64_t i = 0; i < fields.count; ++i) {
        const Column& column = resolve(fields.data[i].column);
        checkValue(column, fields.data[i].value, column.nullable());
        append(column, fields.data[i].value, columns, values);
    }
}

// The whole primary key and nothing else, in the key's own order.
std::vector<gwp_value> readKey(const Collection& collection, Fields key) {
    std::vector<gwp_value> values;
    for (const Column* column : collection.key) {
        const auto* end = key.data + key.count;
        const auto* field =
            std::find_if(key.data, end, [&](const gwp_field& f) { return gwp::sv(f.column) == column->name; });
        if (field == end) throw invalid("the key lacks " + column->name);
        checkValue(*column, field->value, false);
        values.push_back(field->value);
    }
    if (key.count != values.size()) throw invalid("the key has more than the primary key's columns");
    return values;
}

std::string shapeOf(char verb, const Collection& collection) {
    return verb + collection.name;
}

// The key's values stand first in `values`.
bool keyExists(Connection& connection, const Collection& collection, const std::vector<gwp_value>& values) {
    sqlite3_stmt* statement =
        connection.statement(shapeOf('e', collection), [&collection] { return existsSql(collection); });
    const Running running(statement);
    for (std::size_t i = 0; i < collection.key.size(); ++i) bind(statement, static_cast<int>(i) + 1, values[i]);
    const int code = sqlite3_step(statement);
    if (code != SQLITE_ROW && code != SQLITE_DONE) throw failure(connection.db(), "look for a key");
    return code == SQLITE_ROW;
}

void extend(std::string& shape, const Columns& columns) {
    shape += '/';
    for (const Column* column : columns) (shape += column->name) += ',';
}

}  // namespace

Insert::Insert(const Collection& collection, Fields row) : collection_(collection), shape_(shapeOf('i', collection)) {
    readFields(collection, row, columns_, values_);
    if (columns_.empty()) throw invalid("a row without columns");
    extend(shape_, columns_);
}

gwp_status Insert::run(Connection& connection) {
    sqlite3_stmt* statement = connection.statement(shape_, [this] { return insertSql(collection_, columns_); });
    return stepWrite(connection, statement, values_) == Stepped::Exists ? GWP_E_EXISTS : GWP_OK;
}

Update::Update(const Collection& collection, Fields key, Fields expect, Fields set)
    : collection_(collection), key_(readKey(collection, key)), shape_(shapeOf('u', collection)) {
    readFields(collection, set, set_, values_);
    if (set_.empty()) throw invalid("an update that sets nothing");
    for (const Column* column : set_)
        if (collection.inKey(*column)) throw invalid("a primary key does not change: " + column->name);
    values_.insert(values_.end(), key_.begin(), key_.end());
    readFields(collection, expect, expect_, values_);
    extend(shape_, set_);
    extend(shape_, expect_);
}

gwp_status Update::run(Connection& connection) {
    sqlite3_stmt* statement = connection.statement(shape_, [this] { return updateSql(collection_, set_, expect_); });
    const Stepped stepped = stepWrite(connection, statement, values_);
    if (stepped == Stepped::Exists) return GWP_E_EXISTS;
    if (stepped == Stepped::Changed) return GWP_OK;
    if (expect_.empty()) return GWP_E_NOT_FOUND;
    return keyExists(connection, collection_, key_) ? GWP_E_CONFLICT : GWP_E_NOT_FOUND;
}

Remove::Remove(const Collection& collection, Fields key) : collection_(collection), key_(readKey(collection, key)) {}

gwp_status Remove::run(Connection& connection) {
    sqlite3_stmt* statement =
        connection.statement(shapeOf('r', collection_), [this] { return removeSql(collection_); });
    return stepWrite(connection, statement, key_) == Stepped::Changed ? GWP_OK : GWP_E_NOT_FOUND;
}

Add::Add(const Collection& collection, const Row& row, const std::optional<Bound>& bound)
    : collection_(collection), shape_(shapeOf(bound ? 'b' : 'a', collection)) {
    values_ = readKey(collection, row.key);
    sql_.columns = collection.key;
    readFields(collection, row.init, sql_.columns, values_);
    readDeltas(row);
    if (bound) readBound(*bound);
    extend(shape_, sql_.columns);
    extend(shape_, sql_.deltas);
    if (sql_.counter) shape_ += sql_.counter->name;
    may_insert_ = sufficesForNewRow();
}

bool Add::sufficesForNewRow() const {
    return std::ranges::all_of(collection_.columns, [this](const Column& column) {
        return column.nullable() || column.counter() || std::ranges::find(sql_.columns, &column) != sql_.columns.end();
    });
}

void Add::readDeltas(const Row& row) {
    std::vector<gwp_value> deltas;
    readFields(collection_, row.deltas, sql_.deltas, deltas);
    if (deltas.empty()) throw invalid("an addition without counters");
    for (std::size_t i = 0; i < deltas.size(); ++i) {
        if (!sql_.deltas[i]->counter()) throw invalid("no counter: " + sql_.deltas[i]->name);
        startAt(*sql_.deltas[i], deltas[i].i);
    }
    values_.insert(values_.end(), deltas.begin(), deltas.end());
}

// A new row's counter is its init (0 if unsaid) plus the delta.
void Add::startAt(const Column& column, std::int64_t delta) {
    const auto found = std::ranges::find(sql_.columns, &column);
    if (found == sql_.columns.end()) return append(column, integer(delta), sql_.columns, values_);
    gwp_value& start = values_[static_cast<std::size_t>(found - sql_.columns.begin())];
    if (__builtin_add_overflow(start.i, delta, &start.i)) throw invalid("beyond 64 bits: " + column.name);
}

void Add::readBound(const Bound& bound) {
    sql_.counter = &collection_.column(gwp::sv(bound.counter));
    const bool named = std::ranges::find(sql_.deltas, sql_.counter) != sql_.deltas.end();
    if (!named || bound.min > bound.max) throw invalid("no such bound: " + sql_.counter->name);
    values_.push_back(integer(bound.min));
    values_.push_back(integer(bound.max));
}

gwp_status Add::run(Connection& connection) {
    sqlite3_stmt* statement = connection.statement(
        shape_, [this] { return may_insert_ ? addSql(collection_, sql_) : addToExistingSql(collection_, sql_); });
    switch (stepWrite(connection, statement, values_)) {
        case Stepped::Exists: return GWP_E_EXISTS;
        case Stepped::Unchanged: return noRowChanged(connection);
        case Stepped::Changed: break;
    }
    return GWP_OK;
}

gwp_status Add::noRowChanged(Connection& connection) const {
    if (may_insert_ || keyExists(connection, collection_, values_)) return GWP_E_LIMIT;
    throw gwp::error(GWP_E_INVALID, "there is no such row, and the arguments do not suffice for a new one",
                     "storage_constraint");
}

Purge::Purge(const Model& model, const gwp_query& query) : query_(model, query) {
    if (query.after.len != 0 || query_.countOnly()) throw invalid("a purge takes no cursor and does not count");
}

gwp_status Purge::run(Connection& connection) {
    sqlite3_stmt* statement = connection.statement("p" + query_.shape(), [this] { return query_.purgeSql(); });
    std::vector<gwp_value> values = query_.parameters();
    values.back() = integer(static_cast<std::int64_t>(query_.limit()));
    done_ = 0;
    if (stepWrite(connection, statement, values) == Stepped::Changed)
        done_ = static_cast<std::uint64_t>(sqlite3_changes64(connection.db()));
    return GWP_OK;
}

}  // namespace sqlite_store
