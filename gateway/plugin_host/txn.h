#pragma once
#include <gwp/middleware.h>

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "io/cancellation.h"
#include "io/signal.h"
#include "plugin_host/arena.h"
#include "plugin_host/c_event.h"
#include "plugin_host/chain_entry.h"
#include "plugin_host/error_slot.h"
#include "plugin_host/held_events.h"
#include "protocol/owned_event.h"

namespace gw::plugin_host {

/// Events that a plugin emits, kept until its call has returned: what follows may enter other plugins. [loop]
class EmittedEvents final : public protocol::EventSink {
public:
    void onEvent(const protocol::ChatEvent& event) override { events_.emplace_back(event); }
    [[nodiscard]] const std::vector<protocol::OwnedEvent>& events() const noexcept { return events_; }

private:
    std::vector<protocol::OwnedEvent> events_;
};

/// A request of 32 MB, parsed by a plugin, and what it makes of it.
inline constexpr std::size_t kArenaLimit = 320u << 20;

/// What the links of one transaction share. [loop]
struct TxnShared {
    TransactionSubject& subject;
    io::Cancellation& cancellation;
    Arena arena;
    std::map<std::string, std::string, std::less<>> facts;  // of set()
    bool released_late = false;  // release() outside on_event: nobody has fetched those events yet
};

enum class Phase : std::uint8_t { None, Request, Upstream, Event, Response, Error, Complete };

/// The functions that a plugin calls on its gwp_txn.
[[nodiscard]] const gwp_txn_api& txnApi() noexcept;

}  // namespace gw::plugin_host

/// What the C ABI calls gwp_txn: one client request as one link knows it, so that state, token and names are that
/// link's without asking. Stays where it is. [loop]
struct gwp_txn {  // NOLINT(misc-non-private-member-variables-in-classes): the tag is the ABI's
    gwp_txn(const gw::plugin_host::ChainEntry& its_entry, gw::plugin_host::TxnShared& its_shared)
        : entry(its_entry), shared(its_shared) {}
    gwp_txn(const gwp_txn&) = delete;
    gwp_txn& operator=(const gwp_txn&) = delete;
    ~gwp_txn() { close(); }

    /// A phase begins: what was said in the one before no longer counts.
    void begin(gw::plugin_host::Phase phase_now);
    void end() noexcept;
    /// The tokens end: what still runs for this link gets GWP_E_GONE.
    void close() noexcept;
    /// The token that resume() must name to answer the phase that runs now. 0: not on a loop.
    [[nodiscard]] gwp_token token();
    /// resume() has come, to whatever phase there is.
    void resumed(gwp_token with, gwp_status verdict) noexcept;
    /// From PENDING to the verdict that resume() brings, or GWP_E_TIMEOUT. Throws Error when cancelled.
    [[nodiscard]] gw::io::Task<gwp_status> verdict();
    /// release() has come, in whatever phase.
    void release(std::uint64_t events);
    /// Until nothing is held any more, or the time is over. Throws Error when cancelled.
    [[nodiscard]] gw::io::Task<void> allReleased(std::chrono::nanoseconds at_most);
    /// Whether something asynchronous may still speak for this link: it was given a token.
    [[nodiscard]] bool mayStillDecide() const noexcept { return !tokens_.empty(); }

    const gw::plugin_host::ChainEntry& entry;
    gw::plugin_host::TxnShared& shared;
    gw::plugin_host::Phase phase = gw::plugin_host::Phase::None;
    void* state = nullptr;
    gw::plugin_host::ErrorSlot slot;
    gw::plugin_host::HeldEvents held;
    gw::plugin_host::EmittedEvents answer;  // of respond()
    std::optional<gw::plugin_host::SinkBridge> answer_sink;

private:
    // All live until the transaction ends, as owners of services; only the last can be resumed.
    std::vector<gwp_token> tokens_;
    bool fresh_ = false;  // the last token was given out in this phase
    std::optional<gwp_status> resumed_;
    std::optional<gw::io::Signal> answered_;  // while PENDING
    std::optional<gw::io::Signal> released_;  // while the end waits for release()
};
