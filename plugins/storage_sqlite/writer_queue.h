// storage_sqlite/writer_queue.h - SQLite has one writer at a time: who waits for it, and group commit.
#pragma once
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <vector>

#include "connection.h"

namespace sqlite_store {

/// A write of one session that waits for its turn. Lives on the waiting thread's stack.
class WriteJob {
public:
    explicit WriteJob(const Watch& watch) : watch_(watch) {}
    WriteJob(const WriteJob&) = delete;
    WriteJob& operator=(const WriteJob&) = delete;

protected:
    ~WriteJob() = default;

private:
    friend class WriterQueue;
    friend class WriteBatch;
    enum class State : std::uint8_t { Waiting, Leading, InBatch, Done };
    /// One statement on `connection`, so that SQLite undoes it alone when it fails. May throw.
    virtual gwp_status run(Connection& connection) = 0;
    virtual bool exclusive() const noexcept { return false; }

    const Watch watch_;
    State state_ = State::Waiting;
    std::condition_variable wake_;
    gwp_status status_ = GWP_E_INTERNAL;
    std::optional<gwp::error> error_;
};

/// First come, first served. Single writes that wait together are run by the first of them, on its connection, in one
/// transaction: one sync of the disk acknowledges them all. A transaction of several verbs has the writer to itself.
class WriterQueue {
public:
    /// Waits, runs `job` (and what waits behind it, or is run by whom waits before it), and returns its status or
    /// throws its error once the disk has it. `mine` is the caller's connection, without an open transaction.
    gwp_status run(Connection& mine, WriteJob& job);
    /// The writer alone, until release(). Throws when `watch` strikes first.
    void acquire(const Watch& watch);
    void release() noexcept;
    /// Makes who waits look at its watch.
    void wakeAll() noexcept;

private:
    using Batch = std::vector<WriteJob*>;
    static constexpr std::size_t kMaxBatch = 256;
    void enter(std::unique_lock<std::mutex>& lock, WriteJob& job);
    Batch takeBatch(WriteJob& leader);
    void handOver() noexcept;

    std::mutex mutex_;
    bool busy_ = false;
    std::deque<WriteJob*> waiting_;
};

}  // namespace sqlite_store
