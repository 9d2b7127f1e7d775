#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "io/cancellation.h"
#include "io/task.h"
#include "io/worker_pool.h"

namespace gw::plugin_host {

class Instance;

enum class ColumnType : std::uint8_t { I64 = 1, F64 = 2, Text = 3, Blob = 4, Time = 5, Bool = 6, Json = 7 };  // GWP_T_*

struct Column {
    std::string name;
    ColumnType type = ColumnType::Text;
    bool nullable = false, counter = false;
    std::uint64_t max_length = 0;  // bytes, Text/Blob/Json
    std::uint32_t since = 1;
};
struct Index {
    std::string name;
    std::vector<std::string> columns;
    bool unique = false;
    std::uint32_t since = 1;
};
struct Collection {
    std::string name;
    std::vector<std::string> primary_key;
    std::vector<Column> columns;
    std::vector<Index> indexes;
    std::uint32_t since = 1;
};
/// The collections the core declares (migrations/*.yaml).
struct Schema {
    std::uint32_t version = 0;
    std::vector<Collection> collections;
};

/// A value of a row. Text, Blob and Json are all bytes; the column's declared type says which it is.
using Value = std::variant<std::monostate, std::int64_t, double, std::string, WallTime, bool>;
struct Field {
    std::string column;
    Value value;
};
using Row = std::vector<Field>;
[[nodiscard]] const Value* findColumn(const Row& row, std::string_view column);

enum class Compare : std::uint8_t { Eq = 1, Lt = 2, Le = 3, Gt = 4, Ge = 5, Prefix = 6 };
struct Condition {
    std::string column;
    Compare compare = Compare::Eq;
    Value value;
};
struct Query {
    std::string collection;
    std::string index;  // empty: primary key
    std::vector<Condition> where;
    std::vector<std::string> select;  // empty: all columns
    std::uint64_t limit = 100;        // 1..10000
    std::string after;                // opaque cursor of the page before
    bool descending = false;
};
struct Page {
    std::vector<Row> rows;
    std::string next;  // cursor; empty: no more
};

/// One connection of the storage plugin; the C++ face of gwp_session. Every function blocks, and throws Error
/// (Unavailable, StorageFull, Internal) for what is not an expected outcome. [worker]
class RecordSession {
public:
    enum class Outcome : std::uint8_t { Done, Exists, Conflict, NotFound, Limit };

    virtual ~RecordSession() = default;
    virtual void begin(bool read_only) = 0;
    virtual void commit() = 0;
    virtual void rollback() noexcept = 0;
    [[nodiscard]] virtual Outcome insert(std::string_view collection, const Row& row) = 0;
    [[nodiscard]] virtual Outcome update(std::string_view collection, const Row& key, const Row& expect,
                                         const Row& set) = 0;
    [[nodiscard]] virtual Outcome remove(std::string_view collection, const Row& key) = 0;
    virtual void add(std::string_view collection, const Row& key, const Row& init, const Row& deltas) = 0;
    struct Bound {
        std::string counter;
        std::int64_t min, max;
    };
    [[nodiscard]] virtual Outcome addBounded(std::string_view collection, const Row& key, const Row& init,
                                             const Row& deltas, const Bound& bound) = 0;
    [[nodiscard]] virtual Page find(const Query& query) = 0;
    [[nodiscard]] virtual std::uint64_t purge(const Query& query) = 0;
};

/// The storage plugin of the process: a bounded pool of sessions used from the worker pool. [any]
class RecordStore {
public:
    RecordStore(std::shared_ptr<Instance> instance, io::WorkerPool& workers, std::size_t sessions);
    ~RecordStore();
    RecordStore(const RecordStore&) = delete;
    RecordStore& operator=(const RecordStore&) = delete;

    /// At start, before anything else: hands the declarations over, compares versions, migrates (additive steps only).
    /// Throws when the database is newer than the declarations. [main]
    void open(const Schema& schema);
    /// The first part of open() alone, for plan(): nothing is changed. [main]
    void declare(const Schema& schema);
    [[nodiscard]] std::string plan();  // what open() would do, in the plugin's words; empty: nothing [main]

    /// Runs `work` with a session on a worker and returns on this loop with its result. A session that met a lost
    /// connection is replaced. [loop]
    template <class F>
    io::Task<std::invoke_result_t<F&, RecordSession&>> run(F work) {
        co_return co_await workers_.run([this, &work] { return withSession(work); });
    }
    /// The same in one transaction: committed when `work` returns, rolled back when it throws; a serialization conflict
    /// is retried (so `work` may run again). [loop]
    template <class F>
    io::Task<std::invoke_result_t<F&, RecordSession&>> transact(F work) {
        co_return co_await workers_.run([this, &work] { return valueOf(work); });
    }
    /// The blocking form of both, for threads of our own. [worker]
    template <class F>
    auto withSession(F&& work) {
        const Borrowed session(*this);
        return work(*session);
    }
    void inTransaction(const std::function<void(RecordSession&)>& work);

    /// Whether the last call to the database worked, and since when it has not. [any]
    [[nodiscard]] bool healthy() const noexcept;
    /// Asks the database. [worker]
    [[nodiscard]] bool ping() noexcept;

private:
    class Pool;
    class Borrowed {  // gives the session back, or drops it when it is broken
    public:
        explicit Borrowed(RecordStore& store);
        ~Borrowed();
        Borrowed(const Borrowed&) = delete;
        Borrowed& operator=(const Borrowed&) = delete;
        RecordSession& operator*() const noexcept { return *session_; }

    private:
        RecordStore& store_;
        std::unique_ptr<RecordSession> session_;
    };
    void runTransaction(const std::function<void(RecordSession&)>& work);
    /// inTransaction() with the value of the run that was committed.
    template <class F>
    std::invoke_result_t<F&, RecordSession&> valueOf(F& work) {
        if constexpr (std::is_void_v<std::invoke_result_t<F&, RecordSession&>>) {
            inTransaction([&](RecordSession& session) { work(session); });
        } else {
            std::optional<std::invoke_result_t<F&, RecordSession&>> result;
            inTransaction([&](RecordSession& session) { result.emplace(work(session)); });
            return std::move(*result);
        }
    }

    io::WorkerPool& workers_;
    std::unique_ptr<Pool> pool_;
};

}  // namespace gw::plugin_host
