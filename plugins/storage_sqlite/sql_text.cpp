#include "sql_text.h"

#include <algorithm>

namespace sqlite_store {
namespace {

std::string numbered(std::size_t number) {
    return "?" + std::to_string(number);
}

std::string numberedList(std::size_t first, std::size_t count) {
    std::string sql;
    for (std::size_t i = 0; i < count; ++i) sql += (i ? ", " : "") + numbered(first + i);
    return sql;
}

std::string keyEquals(const Collection& collection, std::size_t first) {
    std::string sql;
    for (std::size_t i = 0; i < collection.key.size(); ++i)
        sql += (i ? " AND " : "") + quoted(collection.key[i]->name) + " = " + numbered(first + i);
    return sql;
}

std::string within(const std::string& value, std::size_t min) {
    return value + " BETWEEN " + numbered(min) + " AND " + numbered(min + 1);
}

std::size_t positionOf(const Columns& columns, const Column* column) {
    return static_cast<std::size_t>(std::ranges::find(columns, column) - columns.begin());
}

// A new row is written only within the bound; a row that exists is judged by its own sum further down. The sum of two
// integers beyond int64 is a REAL in SQLite, hence the typeof.
std::string boundedSource(const Collection& collection, const AddShape& shape) {
    const std::size_t min = shape.columns.size() + shape.deltas.size() + 1;
    return "SELECT " + numberedList(1, shape.columns.size()) + " WHERE " +
           within(numbered(positionOf(shape.columns, shape.counter) + 1), min) + " OR EXISTS (SELECT 1 FROM " +
           quoted(collection.name) + " WHERE " + keyEquals(collection, 1) + ")";
}

std::string boundedSum(const Collection& collection, const AddShape& shape) {
    const std::size_t min = shape.columns.size() + shape.deltas.size() + 1;
    const std::string sum = quoted(collection.name) + "." + quoted(shape.counter->name) + " + " +
                            numbered(shape.columns.size() + 1 + positionOf(shape.deltas, shape.counter));
    return "typeof(" + sum + ") = 'integer' AND " + within(sum, min);
}

std::string sums(const Collection& collection, const AddShape& shape) {
    std::string sql;
    for (std::size_t i = 0; i < shape.deltas.size(); ++i)
        sql += (i ? ", " : "") + quoted(shape.deltas[i]->name) + " = " + quoted(collection.name) + "." +
               quoted(shape.deltas[i]->name) + " + " + numbered(shape.columns.size() + 1 + i);
    return sql;
}

}  // namespace

std::string names(const Columns& columns) {
    std::string sql;
    for (const Column* column : columns) sql += (sql.empty() ? "" : ", ") + quoted(column->name);
    return sql;
}

std::string insertSql(const Collection& collection, const Columns& columns) {
    return "INSERT INTO " + quoted(collection.name) + " (" + names(columns) + ") VALUES (" +
           numberedList(1, columns.size()) + ")";
}

std::string removeSql(const Collection& collection) {
    return "DELETE FROM " + quoted(collection.name) + " WHERE " + keyEquals(collection, 1);
}

std::string existsSql(const Collection& collection) {
    return "SELECT 1 FROM " + quoted(collection.name) + " WHERE " + keyEquals(collection, 1);
}

std::string updateSql(const Collection& collection, const Columns& set, const Columns& expect) {
    std::string sql = "UPDATE " + quoted(collection.name) + " SET ";
    for (std::size_t i = 0; i < set.size(); ++i)
        sql += (i ? ", " : "") + quoted(set[i]->name) + " = " + numbered(i + 1);
    sql += " WHERE " + keyEquals(collection, set.size() + 1);
    for (std::size_t i = 0; i < expect.size(); ++i)
        sql += " AND " + quoted(expect[i]->name) + " IS " + numbered(set.size() + collection.key.size() + 1 + i);
    return sql;
}

std::string addSql(const Collection& collection, const AddShape& shape) {
    const std::string source =
        shape.counter ? boundedSource(collection, shape) : "VALUES (" + numberedList(1, shape.columns.size()) + ")";
    std::string sql = "INSERT INTO " + quoted(collection.name) + " (" + names(shape.columns) + ") " + source +
                      " ON CONFLICT (" + names(collection.key) + ") DO UPDATE SET " + sums(collection, shape);
    if (shape.counter) sql += " WHERE " + boundedSum(collection, shape);
    return sql;
}

std::string addToExistingSql(const Collection& collection, const AddShape& shape) {
    std::string sql =
        "UPDATE " + quoted(collection.name) + " SET " + sums(collection, shape) + " WHERE " + keyEquals(collection, 1);
    if (shape.counter) sql += " AND " + boundedSum(collection, shape);
    return sql;
}

}  // namespace sqlite_store
