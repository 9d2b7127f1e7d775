#include "ddl.h"

#include <algorithm>

#include "sql_text.h"

namespace sqlite_store {
namespace {

// Rows up to this width live in the primary key's own tree (one tree to write instead of two); wider ones would leave
// it with a handful of rows per page.
constexpr std::uint64_t kNarrowRow = 1024;

const char* sqlType(std::uint32_t type) {
    switch (type) {
        case GWP_T_F64: return "REAL";
        case GWP_T_TEXT:
        case GWP_T_JSON: return "TEXT";
        case GWP_T_BLOB: return "BLOB";
        default: return "INTEGER";
    }
}

std::string columnSql(const Column& column) {
    std::string sql = quoted(column.name) + " " + sqlType(column.type);
    if (!column.nullable()) sql += " NOT NULL";
    if (column.counter()) sql += " DEFAULT 0";
    return sql;
}

bool narrow(const Collection& collection) {
    std::uint64_t width = 0;
    for (const Column& column : collection.columns) {
        if (column.bytes() && column.max_length == 0) return false;
        width += column.bytes() ? column.max_length : 8;
    }
    return width <= kNarrowRow;
}

std::string createTable(const Collection& collection) {
    std::string sql = "CREATE TABLE " + quoted(collection.name) + " (";
    for (const Column& column : collection.columns) sql += columnSql(column) + ", ";
    return sql + "PRIMARY KEY (" + names(collection.key) + ")) STRICT" + (narrow(collection) ? ", WITHOUT ROWID" : "");
}

// The primary key ends every index that is not unique, so that a page's order is the index's own.
std::string createIndex(const Collection& collection, const Index& index) {
    std::vector<const Column*> columns = index.columns;
    for (const Column* column : collection.key)
        if (!index.unique && std::ranges::find(columns, column) == columns.end()) columns.push_back(column);
    return std::string(index.unique ? "CREATE UNIQUE INDEX " : "CREATE INDEX ") +
           quoted(collection.name + "__" + index.name) + " ON " + quoted(collection.name) + " (" + names(columns) + ")";
}

void extendTable(const Collection& collection, std::uint32_t installed, MigrationPlan& plan) {
    for (const Column& column : collection.columns) {
        if (column.since <= installed) continue;
        if (!column.nullable() && !column.counter())
            plan.impossible.push_back(collection.name + "." + column.name +
                                      ": a column that is added must be nullable or a counter");
        plan.statements.push_back("ALTER TABLE " + quoted(collection.name) + " ADD COLUMN " + columnSql(column));
    }
}

}  // namespace

MigrationPlan planMigration(const Model& model, std::uint32_t installed) {
    MigrationPlan plan;
    for (const Collection& collection : model.collections) {
        const bool fresh = collection.since > installed;
        if (fresh)
            plan.statements.push_back(createTable(collection));
        else
            extendTable(collection, installed, plan);
        for (const Index& index : collection.indexes)
            if (fresh || index.since > installed) plan.statements.push_back(createIndex(collection, index));
    }
    return plan;
}

}  // namespace sqlite_store
