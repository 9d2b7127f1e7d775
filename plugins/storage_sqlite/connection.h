// storage_sqlite/connection.h - one SQLite connection with its prepared statements and the watch over what runs on it.
#pragma once
#include <atomic>
#include <cstdint>
#include <string>
#include <unordered_map>

#include "sqlite.h"

namespace sqlite_store {

struct Options {
    std::string path = "var/gateway.db";
    std::string synchronous = "full";
    std::string integrity_check = "quick";
    std::string backup_path;
    std::int64_t busy_timeout_ms = 5000, cache_kib = 2048, backup_interval_s = 3600;
};

/// The monotonic clock that deadlines are given in.
std::uint64_t nowNs() noexcept;

/// What may end a call early: its deadline (0: none) and interrupt().
struct Watch {
    std::uint64_t deadline_ns = 0;
    const std::atomic<bool>* interrupted = nullptr;
    [[nodiscard]] bool expired() const noexcept {
        return (interrupted && interrupted->load(std::memory_order_relaxed)) ||
               (deadline_ns != 0 && nowNs() >= deadline_ns);
    }
};

class Connection {
public:
    explicit Connection(const Options& options);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    sqlite3* db() const noexcept { return db_.get(); }
    /// Whose call runs here now; busy waits and long statements end with it.
    void watch(const Watch& watch) noexcept { watch_ = watch; }
    [[nodiscard]] bool inTransaction() const noexcept { return sqlite3_get_autocommit(db_.get()) == 0; }
    void begin(bool read_only);
    /// Throws; GWP_E_UNKNOWN_COMMIT when the data may have reached the disk nevertheless. No transaction is open
    /// afterwards.
    void commit();
    void rollback() noexcept;

    /// The statement of a call's shape, made by `sql` the first time.
    template <class MakeSql>
    sqlite3_stmt* statement(const std::string& shape, MakeSql&& sql) {
        const auto found = statements_.find(shape);
        if (found != statements_.end()) return found->second.get();
        return remember(shape, sql());
    }

private:
    static constexpr std::size_t kMaxStatements = 256;
    static int onProgress(void* self);
    static int onBusy(void* self, int count);
    sqlite3_stmt* remember(const std::string& shape, const std::string& sql);

    Db db_;
    Watch watch_;
    std::uint64_t busy_limit_ns_, busy_since_ns_ = 0;
    std::unordered_map<std::string, Statement> statements_;
};

/// Puts a statement back however the call ends.
class Running {
public:
    explicit Running(sqlite3_stmt* statement) noexcept : statement_(statement) {}
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    ~Running() { sqlite3_reset(statement_); }

private:
    sqlite3_stmt* statement_;
};

}  // namespace sqlite_store
