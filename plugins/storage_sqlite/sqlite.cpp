#include "sqlite.h"

#include <cerrno>

namespace sqlite_store {
namespace {

// Why the operating system failed SQLite's last access to a file; 0: it did not.
int lastErrno(sqlite3_file* file) {
    int reason = 0;
    if (file && file->pMethods) file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &reason);
    return reason;
}

// SQLite itself knows ENOSPC only; a quota and RLIMIT_FSIZE mean the same to the operator. It is asked of the files,
// because errno has moved on by now.
bool diskFull(sqlite3* db, int code) {
    if (code == SQLITE_FULL) return true;
    if (code != SQLITE_IOERR && code != SQLITE_CANTOPEN) return false;
    sqlite3_file *database = nullptr, *log = nullptr;
    sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, static_cast<void*>(&database));
    sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, static_cast<void*>(&log));
    for (const int reason : {lastErrno(database), lastErrno(log), sqlite3_system_errno(db)})
        if (reason == ENOSPC || reason == EDQUOT || reason == EFBIG) return true;
    return false;
}

}  // namespace

gwp::error failure(sqlite3* db, const char* doing) {
    const int extended = sqlite3_extended_errcode(db), code = extended & 0xff;
    const std::string text = std::string(doing) + ": " + sqlite3_errmsg(db) + " (" + std::to_string(extended) + ")";
    if (diskFull(db, code)) return {GWP_E_IO, text, "storage_full", 507, 0};
    switch (code) {
        case SQLITE_BUSY:
            if (extended == SQLITE_BUSY_SNAPSHOT) return {GWP_E_CONFLICT, text, "storage_conflict", 503, 0};
            return {GWP_E_BUSY, text, "storage_busy", 503, 0};
        case SQLITE_LOCKED: return {GWP_E_BUSY, text, "storage_busy", 503, 0};
        case SQLITE_INTERRUPT: return {GWP_E_TIMEOUT, text, "storage_timeout", 503, 0};
        case SQLITE_READONLY: return {GWP_E_IO, text, "storage_read_only", 503};
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB: return {GWP_E_IO, text, "storage_corrupt", 503};
        case SQLITE_IOERR:
        case SQLITE_CANTOPEN: return {GWP_E_IO, text, "storage_io", 503, 0};
        case SQLITE_TOOBIG: return {GWP_E_INVALID, text, "value_too_long"};
        case SQLITE_CONSTRAINT: return {GWP_E_INVALID, text, "storage_constraint"};
        default: return {GWP_E_INTERNAL, text, "storage_error"};
    }
}

void execute(sqlite3* db, const char* sql) {
    if (sqlite3_exec(db, sql, nullptr, nullptr, nullptr) != SQLITE_OK) throw failure(db, sql);
}

Statement prepare(sqlite3* db, const std::string& sql) {
    sqlite3_stmt* statement = nullptr;
    const int size = static_cast<int>(sql.size());
    if (sqlite3_prepare_v3(db, sql.data(), size, SQLITE_PREPARE_PERSISTENT, &statement, nullptr) != SQLITE_OK)
        throw failure(db, "prepare");
    return Statement(statement);
}

std::string queryText(sqlite3* db, const char* sql) {
    const Statement statement = prepare(db, sql);
    const int code = sqlite3_step(statement.get());
    if (code == SQLITE_DONE) return {};
    if (code != SQLITE_ROW) throw failure(db, sql);
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement.get(), 0));
    return text ? text : "";
}

}  // namespace sqlite_store
