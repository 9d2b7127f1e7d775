#include "plugin_host/record_store.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "observability/log.h"
#include "plugin_host/abi_view.h"
#include "plugin_host/entry_mark.h"
#include "plugin_host/record_session.h"
#include "plugin_host/schema_face.h"

namespace gw::plugin_host {
namespace {

using namespace std::chrono_literals;

constexpr auto kBorrowLimit = 250ms;
constexpr auto kTrustedIdle = 1s;  // longer, and the session is asked whether it still lives
constexpr int kAttempts = 3;

}  // namespace

const Value* findColumn(const Row& row, std::string_view column) {
    for (const Field& field : row)
        if (field.column == column) return &field.value;
    return nullptr;
}

/// Sessions at rest, newest use first. [any]
class RecordStore::Pool {
public:
    Pool(std::shared_ptr<Instance> instance, std::size_t limit) : limit_(limit) {
        link_.instance = std::move(instance);
        link_.table = viewOf(static_cast<const gwp_storage*>(link_.instance->interface(GWP_IF_STORAGE)));
        if (link_.table.purge == nullptr)
            throw Error(ErrorCode::Internal, "Internal error.",
                        link_.instance->name() + " does not offer " GWP_IF_STORAGE);
    }

    [[nodiscard]] StorageLink& link() noexcept { return link_; }

    std::unique_ptr<PluginRecordSession> borrow() {
        for (;;) {
            std::unique_ptr<PluginRecordSession> session = takeIdle();
            if (session && alive(*session)) return session;
            if (!session) break;
            session.reset();
            forgetOne();
        }
        try {
            return std::make_unique<PluginRecordSession>(link_);
        } catch (...) {
            forgetOne();
            throw;
        }
    }

    void giveBack(std::unique_ptr<PluginRecordSession> session) noexcept {
        if (session->broken()) {
            session.reset();
            return forgetOne();
        }
        {
            const std::lock_guard lock(mutex_);
            idle_.push_back(std::move(session));  // reserved: never allocates
        }
        free_.notify_one();
    }

    void declare(const Schema& schema) {
        const SchemaFace face(schema);
        ErrorSlot error;
        gwp_status status = GWP_OK;
        {
            const EntryMark mark(*link_.instance, "set_schema", EntryMark::Pace::Blocking);
            status = link_.table.set_schema(link_.handle(), &face.table(), &error);
        }
        if (status != GWP_OK)
            throw Error(ErrorCode::Internal, "The storage plugin refuses the declarations.", error.words(status));
        link_.types = std::make_unique<const ColumnTypes>(schema);
        idle_.reserve(limit_);
    }

private:
    static bool alive(PluginRecordSession& session) noexcept {
        return std::chrono::steady_clock::now() - session.lastUse() < kTrustedIdle || session.ping();
    }

    /// Null: there is room, open a new one (it is counted already).
    std::unique_ptr<PluginRecordSession> takeIdle() {
        std::unique_lock lock(mutex_);
        const bool got = free_.wait_for(lock, kBorrowLimit, [this] { return !idle_.empty() || open_ < limit_; });
        if (!got) {
            Error busy(ErrorCode::Unavailable, "The database is busy. Please try again.", "no free storage session");
            busy.withRetryAfter(1s);
            throw busy;
        }
        if (idle_.empty()) {
            ++open_;
            return nullptr;
        }
        std::unique_ptr<PluginRecordSession> session = std::move(idle_.back());
        idle_.pop_back();
        return session;
    }

    void forgetOne() noexcept {
        {
            const std::lock_guard lock(mutex_);
            --open_;
        }
        free_.notify_one();
    }

    StorageLink link_;
    const std::size_t limit_;
    std::mutex mutex_;
    std::condition_variable free_;
    std::size_t open_ = 0;
    std::vector<std::unique_ptr<PluginRecordSession>> idle_;
};

RecordStore::RecordStore(std::shared_ptr<Instance> instance, io::WorkerPool& workers, std::size_t sessions)
    : workers_(workers), pool_(std::make_unique<Pool>(std::move(instance), std::max<std::size_t>(sessions, 1))) {}

RecordStore::~RecordStore() = default;

RecordStore::Borrowed::Borrowed(RecordStore& store) : store_(store), session_(store.pool_->borrow()) {}

RecordStore::Borrowed::~Borrowed() {
    // The pool is the only source of sessions, so this is its type.
    store_.pool_->giveBack(std::unique_ptr<PluginRecordSession>(static_cast<PluginRecordSession*>(session_.release())));
}

void RecordStore::declare(const Schema& schema) {
    pool_->declare(schema);
}

void RecordStore::open(const Schema& schema) {
    declare(schema);
    PluginRecordSession session(pool_->link());
    const std::uint32_t installed = session.schemaVersion();
    if (installed > schema.version)
        throw Error(ErrorCode::Internal, "The database is newer than this program.",
                    "the database has schema version " + std::to_string(installed) + ", this program knows " +
                        std::to_string(schema.version));
    if (installed == schema.version) return;
    session.migrate();
    observability::log(observability::Level::Info, "plugin_host", "database migrated",
                       {{"from", std::to_string(installed)}, {"to", std::to_string(schema.version)}});
}

std::string RecordStore::plan() {
    return PluginRecordSession(pool_->link()).plan();
}

void RecordStore::inTransaction(const std::function<void(RecordSession&)>& work) {
    for (int attempt = 1;; ++attempt) {
        try {
            return runTransaction(work);
        } catch (const SerializationConflict&) {
            if (attempt >= kAttempts) throw;
        } catch (const UnknownCommit&) {
            // The rows may be there: the same ids are written again, and what exists is taken for written.
            if (attempt >= kAttempts) throw;
        }
    }
}

void RecordStore::runTransaction(const std::function<void(RecordSession&)>& work) {
    const Borrowed session(*this);
    (*session).begin(false);
    try {
        work(*session);
    } catch (...) {
        (*session).rollback();
        throw;
    }
    (*session).commit();
}

bool RecordStore::healthy() const noexcept {
    return pool_->link().healthy.load(std::memory_order_relaxed);
}

bool RecordStore::ping() noexcept {
    try {
        const Borrowed session(*this);
        return static_cast<PluginRecordSession&>(*session).ping();
    } catch (const std::exception&) {
        return false;
    }
}

}  // namespace gw::plugin_host
