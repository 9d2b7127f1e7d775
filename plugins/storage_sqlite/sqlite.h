// storage_sqlite/sqlite.h - owners of SQLite's handles, and its result codes in the ABI's words.
#pragma once
#include <sqlite3.h>

#include <gwp/gwp.hpp>
#include <memory>
#include <string>

namespace sqlite_store {

struct CloseDb {
    void operator()(sqlite3* db) const noexcept { sqlite3_close_v2(db); }
};
using Db = std::unique_ptr<sqlite3, CloseDb>;
struct CloseStatement {
    void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
};
using Statement = std::unique_ptr<sqlite3_stmt, CloseStatement>;

/// The error that the last failed call on `db` means. `doing` is for the log.
gwp::error failure(sqlite3* db, const char* doing);
inline gwp::error invalid(std::string text, const char* type = "invalid_storage_call") {
    return {GWP_E_INVALID, std::move(text), type};
}
/// One or more statements without parameters; throws failure().
void execute(sqlite3* db, const char* sql);
Statement prepare(sqlite3* db, const std::string& sql);
/// The first column of the first row, as text; empty if there is no row.
std::string queryText(sqlite3* db, const char* sql);

}  // namespace sqlite_store
