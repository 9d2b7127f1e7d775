// storage_sqlite/session.h - one gwp_session: a connection and its transaction.
#pragma once
#include <atomic>
#include <memory>
#include <optional>

#include "connection.h"
#include "model.h"
#include "verbs.h"
#include "writer_queue.h"

namespace sqlite_store {

/// [worker], one thread at a time; interrupt() [any].
class Session {
public:
    Session(const Options& options, WriterQueue& writers, std::shared_ptr<const Model> model);
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
    ~Session();

    [[nodiscard]] const Model& model() const noexcept { return *model_; }
    void ping(const gwp_call& call);
    void interrupt() noexcept;
    [[nodiscard]] bool interrupted() const noexcept { return interrupted_; }  // whether that hit the last call

    std::uint32_t schemaVersion(const gwp_call& call);
    std::string plan(const gwp_call& call);
    void migrate(const gwp_call& call);

    void begin(const gwp_call& call, bool read_only);
    void commit(const gwp_call& call);
    void rollback() noexcept;

    /// A checked verb: at once in our own transaction, else through the queue of writers.
    template <class Verb>
    gwp_status write(const gwp_call& call, Verb& verb) {
        const Entered entered(*this, call);
        if (mode_ == Mode::Free) {
            Job<Verb> job(entered.watch, verb);
            return writers_.run(connection_, job);
        }
        if (mode_ == Mode::ReadOnly) throw invalid("a write in a read-only transaction");
        return inTransaction([&] { return verb.run(connection_); });
    }
    gwp_status find(const gwp_call& call, const gwp_query& query, const gwp_row_sink& sink);

private:
    enum class Mode : std::uint8_t { Free, ReadOnly, Write };
    template <class Verb>
    class Job final : public WriteJob {
    public:
        Job(const Watch& watch, Verb& verb) : WriteJob(watch), verb_(verb) {}

    private:
        gwp_status run(Connection& connection) override { return verb_.run(connection); }
        Verb& verb_;
    };
    /// The call in progress: its watch, and what interrupt() aims at.
    struct Entered {
        Entered(Session& session, const gwp_call& call);
        Entered(const Entered&) = delete;
        Entered& operator=(const Entered&) = delete;
        ~Entered();
        Session& session;
        Watch watch;
    };
    /// Remembers the error when it took the transaction down: every later verb and the commit repeat it.
    template <class F>
    gwp_status inTransaction(F&& work) {
        if (lost_) throw gwp::error(*lost_);
        try {
            return work();
        } catch (const gwp::error& error) {
            if (mode_ != Mode::Free && !connection_.inTransaction()) lost_ = error;
            throw;
        }
    }
    std::uint32_t installedVersion();
    void applyPlan(std::uint32_t installed);
    void endTransaction() noexcept;

    Connection connection_;
    WriterQueue& writers_;
    const std::shared_ptr<const Model> model_;
    Mode mode_ = Mode::Free;
    std::optional<gwp::error> lost_;
    std::atomic<bool> in_call_{false}, interrupted_{false};
};

}  // namespace sqlite_store
