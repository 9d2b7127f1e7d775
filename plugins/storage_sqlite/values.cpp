#include "values.h"

#include <cmath>

namespace sqlite_store {

void checkValue(const Column& column, const gwp_value& value, bool null_allowed) {
    if (value.type == 0) {
        if (!null_allowed) throw invalid("may not be null: " + column.name);
        return;
    }
    if (value.type != column.type) throw invalid("wrong type for " + column.name);
    // SQLite would store it as NULL.
    if (value.type == GWP_T_F64 && std::isnan(value.d)) throw invalid("not a number: " + column.name);
    if (column.bytes() && column.max_length != 0 && value.b.len > column.max_length)
        throw invalid(column.name + " holds at most " + std::to_string(column.max_length) + " bytes", "value_too_long");
}

void bind(sqlite3_stmt* statement, int parameter, const gwp_value& value) {
    const char* text = gwp::sv(value.b).data();  // never null: a null pointer would bind NULL
    switch (value.type) {
        case 0: sqlite3_bind_null(statement, parameter); break;
        case GWP_T_F64: sqlite3_bind_double(statement, parameter, value.d); break;
        case GWP_T_BLOB: sqlite3_bind_blob64(statement, parameter, text, value.b.len, SQLITE_STATIC); break;
        case GWP_T_TEXT:
        case GWP_T_JSON:
            sqlite3_bind_text64(statement, parameter, text, value.b.len, SQLITE_STATIC, SQLITE_UTF8);
            break;
        case GWP_T_BOOL: sqlite3_bind_int64(statement, parameter, value.i != 0 ? 1 : 0); break;
        default: sqlite3_bind_int64(statement, parameter, value.i);
    }
}

gwp_value read(sqlite3_stmt* statement, int result, const Column& column) {
    gwp_value value{};
    if (sqlite3_column_type(statement, result) == SQLITE_NULL) return value;
    value.type = column.type;
    if (column.type == GWP_T_F64) {
        value.d = sqlite3_column_double(statement, result);
    } else if (column.bytes()) {
        value.b.ptr = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement, result));
        value.b.len = static_cast<std::uint64_t>(sqlite3_column_bytes(statement, result));
    } else {
        value.i = sqlite3_column_int64(statement, result);
    }
    return value;
}

}  // namespace sqlite_store
