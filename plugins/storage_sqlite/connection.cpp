#include "connection.h"

#include <chrono>
#include <thread>

namespace sqlite_store {
namespace {

// Virtual machine steps between two looks at the clock: about 0.1 ms of work.
constexpr int kStepsPerLook = 2000;

}  // namespace

std::uint64_t nowNs() noexcept {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
}

Connection::Connection(const Options& options)
    : busy_limit_ns_(static_cast<std::uint64_t>(options.busy_timeout_ms) * 1'000'000) {
    sqlite3* db = nullptr;
    const int code = sqlite3_open_v2(options.path.c_str(), &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
    db_.reset(db);
    if (code != SQLITE_OK) throw failure(db, "open");
    sqlite3_extended_result_codes(db, 1);
    sqlite3_busy_handler(db, onBusy, this);
    execute(db, "PRAGMA journal_mode=WAL");
    execute(db, options.synchronous == "full" ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL");
    execute(db,
            "PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF; PRAGMA temp_store=MEMORY;"
            "PRAGMA journal_size_limit=67108864");
    execute(db, ("PRAGMA cache_size=-" + std::to_string(options.cache_kib)).c_str());
    sqlite3_progress_handler(db, kStepsPerLook, onProgress, this);
}

void Connection::begin(bool read_only) {
    execute(db(), read_only ? "BEGIN" : "BEGIN IMMEDIATE");
}

void Connection::commit() {
    if (sqlite3_exec(db(), "COMMIT", nullptr, nullptr, nullptr) == SQLITE_OK) return;
    gwp::error error = failure(db(), "commit");
    rollback();
    // The commit record may have been written before its sync failed, and count after a restart.
    if (error.type == "storage_io") error.code = GWP_E_UNKNOWN_COMMIT;
    throw error;
}

void Connection::rollback() noexcept {
    if (inTransaction()) sqlite3_exec(db(), "ROLLBACK", nullptr, nullptr, nullptr);
}

sqlite3_stmt* Connection::remember(const std::string& shape, const std::string& sql) {
    if (statements_.size() >= kMaxStatements) statements_.clear();
    return statements_.emplace(shape, prepare(db(), sql)).first->second.get();
}

int Connection::onProgress(void* self) {
    return static_cast<Connection*>(self)->watch_.expired() ? 1 : 0;
}

// Only another process can hold the lock for long (a shell, a copy being made): our own writers queue in WriterQueue.
int Connection::onBusy(void* self, int count) {
    auto& me = *static_cast<Connection*>(self);
    const std::uint64_t now = nowNs();
    if (count == 0) me.busy_since_ns_ = now;
    if (now - me.busy_since_ns_ >= me.busy_limit_ns_ || me.watch_.expired()) return 0;
    std::this_thread::sleep_for(std::chrono::milliseconds(count < 4 ? 1 : 5));
    return 1;
}

}  // namespace sqlite_store
