#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "plugin_host/entry_mark.h"
#include "plugin_host/host_services.h"
#include "plugin_host/instance_context.h"
#include "plugin_host/middleware_chain.h"
#include "plugin_host/middleware_failure.h"
#include "plugin_host/txn.h"
#include "plugin_host/upstream_edit.h"

namespace gw::plugin_host {

struct Transaction::State {
    State(std::shared_ptr<const MiddlewareChain> of, TransactionSubject& subject, io::Cancellation& cancellation)
        : chain(std::move(of)), shared{subject, cancellation, Arena(kArenaLimit), {}, false} {
        links.reserve(chain->entries().size());
        for (const auto& entry : chain->entries()) links.push_back(std::make_unique<gwp_txn>(*entry, shared));
    }

    /// One call into a plugin; the phase goes on behind PENDING, until its verdict is there.
    template <class Call>
    gwp_status enter(gwp_txn& txn, Phase phase, const char* name, Call call) {
        txn.begin(phase);
        gwp_status verdict = GWP_OK;
        {
            const EntryMark mark(*txn.entry.link.instance, name);
            verdict = call(txn.entry.handle(), &txn, &txnApi());
        }
        if (verdict != GWP_MW_PENDING) txn.end();
        return verdict;
    }
    /// Waits for resume() if the phase asks for it. Throws Error when cancelled.
    static io::Task<gwp_status> settled(gwp_txn& txn) {
        struct End {
            gwp_txn& txn;
            ~End() { txn.end(); }
        } const end{txn};
        const gwp_status verdict = co_await txn.verdict();
        // resume() brings no words: a refusal is known by its status alone.
        if ((verdict == GWP_E_DENIED || verdict == GWP_E_LIMIT) && !txn.slot.filled())
            txn.slot.set(verdict, 0, -1, {}, {});
        co_return verdict;
    }
    /// A phase did not pass: a refusal is thrown, and of a failure on_failure decides. Throws the Error of a closed
    /// link.
    static void fail(const gwp_txn& txn, gwp_status status, std::string_view phase) {
        const bool refused = isRefusal(txn.slot);
        if (!refused) txn.entry.noteFailure(phase, txn.slot.words(status));
        if (refused || !txn.entry.link.fail_open)
            throw Error(middlewareError(txn.slot, status, txn.entry.link.instance->name(), phase));
    }

    /// Shows the event to the links outside of `from`.
    io::Task<void> flow(std::size_t from, const protocol::ChatEvent& event, protocol::EventSink& out);
    io::Task<void> flowReleased(std::size_t link, protocol::EventSink& out);
    io::Task<void> flowLate(const protocol::ChatEvent& event, protocol::EventSink& out);
    gwp_status show(gwp_txn& txn, const protocol::ChatEvent& event, EmittedEvents& emitted);
    bool decide(gwp_txn& txn, gwp_status verdict, const protocol::ChatEvent& event, const EmittedEvents& emitted) const;
    void bound(gwp_txn& txn) const;

    std::shared_ptr<const MiddlewareChain> chain;
    TxnShared shared;
    std::vector<std::unique_ptr<gwp_txn>> links;
    std::size_t entered = 0;  // links whose on_request ran or was passed over
    std::size_t outside = 0;  // links that see the answer: those outside of the one that answered
    std::uint32_t attempt = 0;
    gwp_status failure = GWP_E_INTERNAL;  // of onError
    bool responded = false, ended = false, completed = false;
};

Transaction::Transaction(std::shared_ptr<const MiddlewareChain> chain, TransactionSubject& subject,
                         io::Cancellation& cancellation)
    : state_(std::make_unique<State>(std::move(chain), subject, cancellation)) {}

Transaction::~Transaction() {
    complete(false, true);
}

io::Task<Transaction::Verdict> Transaction::onRequest(std::uint32_t limit) {
    auto& s = *state_;
    while (!s.responded && s.entered < s.links.size() && s.links[s.entered]->entry.link.order < limit) {
        auto& txn = *s.links[s.entered++];
        const auto call = txn.entry.table.on_request;
        auto verdict = GWP_MW_PASS;
        if (call != nullptr)
            verdict = s.enter(txn, Phase::Request, "on_request",
                              [&](auto... arguments) { return call(arguments..., &txn.slot); });
        if (verdict == GWP_MW_PENDING) verdict = co_await State::settled(txn);
        if (verdict == GWP_MW_RESPOND) {
            s.responded = true;
            s.outside = s.entered - 1;
            for (const auto& event : txn.answer.events()) s.shared.subject.respond().onEvent(event.view());
            break;
        }
        s.outside = s.entered;
        if (verdict != GWP_MW_PASS) State::fail(txn, verdict, "on_request");
    }
    co_return s.responded ? Verdict::Responded : Verdict::Pass;
}

void Transaction::onAttempt() noexcept {
    for (auto& txn : state_->links) txn->held.clear();
    state_->ended = false;
}

void Transaction::onUpstream(std::string_view provider, std::string_view url, std::uint32_t attempt,
                             OutboundRequest& request) {
    auto& s = *state_;
    if (std::exchange(s.attempt, attempt) != attempt) onAttempt();
    for (std::size_t i = 0; i < s.outside; ++i) {
        auto& txn = *s.links[i];
        const auto call = txn.entry.table.on_upstream;
        if (call == nullptr) continue;
        UpstreamEdit edit(request);
        const UpstreamView shown({provider, url, attempt}, request, edit);
        const auto verdict = s.enter(txn, Phase::Upstream, "on_upstream",
                                     [&](auto... arguments) { return call(arguments..., shown.get(), &txn.slot); });
        txn.end();  // nobody waits here: PENDING is a failure too
        edit.apply();
        if (verdict != GWP_MW_PASS)
            State::fail(txn, verdict, "on_upstream");
        else if (edit.refused())
            State::fail(txn, GWP_E_INVALID, "on_upstream (an edit that is not allowed)");
    }
}

gwp_status Transaction::State::show(gwp_txn& txn, const protocol::ChatEvent& event, EmittedEvents& emitted) {
    const OutgoingEvent outgoing(event);
    const SinkBridge out(emitted);
    const auto verdict = enter(txn, Phase::Event, "on_event", [&](auto... arguments) {
        return txn.entry.table.on_event(arguments..., outgoing.get(), out.get(), &txn.slot);
    });
    if (out.caught()) std::rethrow_exception(out.caught());
    return verdict;
}

/// What a link still holds may neither grow without bounds nor wait for ever.
void Transaction::State::bound(gwp_txn& txn) const {
    if (txn.held.empty()) return;
    const auto& limits = chain->hold();
    const bool large = txn.held.bytes() > limits.bytes;
    if (!large && txn.entry.context().host.clock.mono() - txn.held.since() <= limits.time) return;
    txn.slot.reset();
    fail(txn, large ? GWP_E_LIMIT : GWP_E_TIMEOUT, "hold");
    txn.held.release(~0ull);
}

/// Whether the event itself goes on to the next link; all else that goes on is released in txn.held.
bool Transaction::State::decide(gwp_txn& txn, gwp_status verdict, const protocol::ChatEvent& event,
                                const EmittedEvents& emitted) const {
    bool goes_on = false;
    switch (verdict) {
        case GWP_MW_STOP: throw Error(stopError(txn.slot, txn.entry.link.instance->name()));
        case GWP_MW_DROP: break;
        case GWP_MW_HOLD: txn.held.hold(event, txn.entry.context().host.clock.mono()); break;
        case GWP_MW_REPLACE:
            for (const auto& replacement : emitted.events()) txn.held.follow(replacement.view());
            break;
        default:
            if (verdict != GWP_MW_PASS) fail(txn, verdict, "on_event");
            goes_on = txn.held.empty();
            if (!goes_on) txn.held.follow(event);
    }
    bound(txn);
    return goes_on;
}

io::Task<void> Transaction::State::flowReleased(std::size_t link, protocol::EventSink& out) {
    for (const auto& event : links[link]->held.takeReleased()) co_await flow(link, event.view(), out);
}

io::Task<void> Transaction::State::flow(std::size_t from, const protocol::ChatEvent& event, protocol::EventSink& out) {
    for (std::size_t i = from; i-- > 0;) {
        auto& txn = *links[i];
        if (txn.entry.table.on_event == nullptr) continue;
        EmittedEvents emitted;
        auto verdict = show(txn, event, emitted);
        if (verdict == GWP_MW_PENDING) verdict = co_await settled(txn);
        const bool goes_on = decide(txn, verdict, event, emitted);
        if (txn.held.hasReleased()) co_await flowReleased(i, out);
        if (!goes_on) co_return;
    }
    out.onEvent(event);
}

/// Before `event`, what was released between two events.
io::Task<void> Transaction::State::flowLate(const protocol::ChatEvent& event, protocol::EventSink& out) {
    shared.released_late = false;
    for (std::size_t i = outside; i-- > 0;) co_await flowReleased(i, out);
    co_await flow(outside, event, out);
}

io::Task<void> Transaction::onEvent(const protocol::ChatEvent& event, protocol::EventSink& out) {
    return state_->shared.released_late ? state_->flowLate(event, out) : state_->flow(state_->outside, event, out);
}

io::Task<void> Transaction::onEnd(protocol::EventSink& out) {
    auto& s = *state_;
    s.ended = true;
    for (std::size_t i = s.outside; i-- > 0;) {
        auto& txn = *s.links[i];
        // A moderation service may still be asked about the last words: its answer is worth the time of a hold.
        if (!txn.held.empty() && txn.mayStillDecide())
            co_await txn.allReleased(s.chain->hold().time - (txn.entry.context().host.clock.mono() - txn.held.since()));
        if (!txn.held.empty()) {
            txn.slot.reset();
            State::fail(txn, GWP_E_TIMEOUT, "hold (never released)");
            txn.held.release(~0ull);
        }
        co_await s.flowReleased(i, out);
    }
}

io::Task<void> Transaction::onResponse(protocol::EventSink& out) {
    auto& s = *state_;
    if (!s.ended) co_await onEnd(out);
    for (std::size_t i = s.outside; i-- > 0;) {
        auto& txn = *s.links[i];
        const auto call = txn.entry.table.on_response;
        if (call == nullptr) continue;
        auto verdict = s.enter(txn, Phase::Response, "on_response",
                               [&](auto... arguments) { return call(arguments..., &txn.slot); });
        if (verdict == GWP_MW_PENDING) verdict = co_await State::settled(txn);
        if (verdict != GWP_MW_PASS) State::fail(txn, verdict, "on_response");
    }
}

void Transaction::onError(Error& error) {
    auto& s = *state_;
    for (std::size_t i = s.entered; i-- > 0;) {
        auto& txn = *s.links[i];
        const auto call = txn.entry.table.on_error;
        if (call == nullptr) continue;
        ErrorSlot slot;
        fillSlot(slot, error);
        const auto before = slot;
        (void)s.enter(txn, Phase::Error, "on_error", [&](auto... arguments) {
            call(arguments..., &slot);
            return GWP_OK;
        });
        readSlot(slot, before, txn.entry.link.instance->name(), error);
    }
    ErrorSlot last;
    fillSlot(last, error);
    s.failure = last.status;
}

void Transaction::complete(bool ok, bool client_gone) noexcept {
    auto& s = *state_;
    if (std::exchange(s.completed, true)) return;
    const bool gone = client_gone || s.shared.cancellation.reason() == io::CancelReason::ClientGone;
    const gwp_status failure = gone ? GWP_E_CANCELLED : s.failure;
    const gwp_status result = ok ? GWP_OK : failure;
    for (std::size_t i = s.entered; i-- > 0;) {
        auto& txn = *s.links[i];
        const auto call = txn.entry.table.on_complete;
        if (call == nullptr) continue;
        (void)s.enter(txn, Phase::Complete, "on_complete", [&](auto... arguments) {
            call(arguments..., result);
            return GWP_OK;
        });
    }
    for (auto& txn : s.links) {
        txn->close();
        auto* const state = std::exchange(txn->state, nullptr);
        if (state == nullptr || txn->entry.table.txn_free == nullptr) continue;
        const EntryMark mark(*txn->entry.link.instance, "txn_free");
        txn->entry.table.txn_free(txn->entry.handle(), state);
    }
}

}  // namespace gw::plugin_host
