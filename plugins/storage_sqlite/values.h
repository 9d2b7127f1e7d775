// storage_sqlite/values.h - gwp_value to and from SQLite.
#pragma once
#include "model.h"
#include "sqlite.h"

namespace sqlite_store {

/// Throws GWP_E_INVALID when the value does not belong into the column.
void checkValue(const Column& column, const gwp_value& value, bool null_allowed);
/// Borrows the value's bytes until the statement is reset.
void bind(sqlite3_stmt* statement, int parameter, const gwp_value& value);
/// Borrows the row's bytes until the next step.
gwp_value read(sqlite3_stmt* statement, int result, const Column& column);

inline gwp_value integer(std::int64_t number) {
    gwp_value value{};
    value.type = GWP_T_I64;
    value.i = number;
    return value;
}

}  // namespace sqlite_store
