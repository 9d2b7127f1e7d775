// storage_sqlite/sql_text.h - the statement of each record verb. Names come from the model only.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "model.h"

namespace sqlite_store {

using Columns = std::vector<const Column*>;

inline std::string quoted(std::string_view name) {
    return '"' + std::string(name) + '"';
}
/// "a", "b"
std::string names(const Columns& columns);

/// Parameters in the order of the arguments, each column once, numbered from 1.
std::string insertSql(const Collection& collection, const Columns& columns);
std::string removeSql(const Collection& collection);
std::string existsSql(const Collection& collection);
/// Parameters: set, key, expect.
std::string updateSql(const Collection& collection, const Columns& set, const Columns& expect);

/// An upsert. Parameters: the values of a new row (columns), then the deltas; bounded: then min and max of `counter`.
struct AddShape {
    Columns columns;  // key, init, counters
    Columns deltas;
    const Column* counter = nullptr;  // null: no bound
};
std::string addSql(const Collection& collection, const AddShape& shape);
/// The same for a row that exists, when the arguments do not suffice for a new one (SQLite would refuse the upsert for
/// its missing columns before it saw the row).
std::string addToExistingSql(const Collection& collection, const AddShape& shape);

}  // namespace sqlite_store
