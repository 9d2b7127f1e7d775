#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "io/cancellation.h"
#include "io/task.h"
#include "plugin_host/outbound.h"
#include "protocol/chat_event.h"

namespace gw::plugin_host {

class Instance;
struct ChainEntry;  // plugin_host/chain_entry.h: a link with its table

enum class Stage : std::uint32_t {  // GWP_STAGE_*  NOLINT(performance-enum-size): the ABI's width
    Edge = 100,
    Authn = 200,
    Authz = 300,
    Quota = 400,
    Guard = 500,
    Cache = 600,
    Transform = 700,
    Observe = 900,
};

/// One middleware instance as the operator placed it.
struct ChainLink {
    std::shared_ptr<Instance> instance;
    std::uint32_t order = 0;                   // default: the class's stage
    bool fail_open = false;                    // on_failure: open
    std::chrono::milliseconds timeout{5'000};  // of a PENDING phase
};

struct HoldLimits {
    std::size_t bytes = 256u << 10;
    std::chrono::milliseconds time{10'000};
};

/// The middleware of one route in request order. Built at start or reload, read-only afterwards. [any]
class MiddlewareChain {
public:
    /// Sorts the links by their order and asks each what it wants. Throws Error(PluginUnavailable) for an instance that
    /// is no middleware. [main]
    MiddlewareChain(std::vector<ChainLink> links, HoldLimits hold);
    MiddlewareChain(const MiddlewareChain&) = delete;
    MiddlewareChain& operator=(const MiddlewareChain&) = delete;
    ~MiddlewareChain();
    [[nodiscard]] const std::vector<ChainLink>& links() const noexcept { return links_; }
    [[nodiscard]] bool empty() const noexcept { return links_.empty(); }
    /// Whether any link wants events or the aggregated response: then bytes may not pass through untouched.
    [[nodiscard]] bool wantsEvents() const noexcept;
    [[nodiscard]] bool wantsResponse() const noexcept;
    [[nodiscard]] const HoldLimits& hold() const noexcept { return hold_; }
    [[nodiscard]] const std::vector<std::unique_ptr<const ChainEntry>>& entries() const noexcept { return entries_; }

private:
    std::vector<ChainLink> links_;
    HoldLimits hold_;
    std::vector<std::unique_ptr<const ChainEntry>> entries_;  // one per link
};

/// What middleware may ask of the request it looks at; the spine implements it.
class TransactionSubject {
public:
    virtual ~TransactionSubject() = default;
    [[nodiscard]] virtual std::string_view fact(std::string_view name) const = 0;  // "principal.id", …; unknown: empty
    [[nodiscard]] virtual std::string_view header(std::string_view lower_name) const = 0;
    virtual void setResponseHeader(std::string_view name, std::string_view value) = 0;
    [[nodiscard]] virtual std::string_view requestJson() const = 0;
    virtual void replaceRequest(std::string json) = 0;
    [[nodiscard]] virtual std::string_view responseJson() const = 0;
    virtual void replaceResponse(std::string json) = 0;
    /// False when one is set already (the first writer wins).
    virtual bool setPrincipal(std::string_view id, std::string_view claims_json) = 0;
    /// Events of a middleware that answers itself (GWP_MW_RESPOND).
    [[nodiscard]] virtual protocol::EventSink& respond() = 0;
};

/// One client request on its way through a chain: the host's gwp_txn. Owned by the coroutine that serves the request;
/// what waits here ends when `cancellation` strikes. All functions [loop].
class Transaction {
public:
    enum class Verdict : std::uint8_t { Pass, Responded };

    Transaction(std::shared_ptr<const MiddlewareChain> chain, TransactionSubject& subject,
                io::Cancellation& cancellation);
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    ~Transaction();  // completes as failed what was not completed

    /// Runs on_request of the links not yet run whose order is below `limit` (next stage), in order. Throws the Error
    /// of a link that refuses, or of one that fails closed. Responded: the answer was written to subject.respond();
    /// links further in never see this transaction.
    [[nodiscard]] io::Task<Verdict> onRequest(std::uint32_t limit);
    /// A provider is asked anew: what is held of the answer of the one before is forgotten.
    void onAttempt() noexcept;
    /// After build(), once per attempt and step; may add or replace headers. Throws the Error of a link that fails
    /// closed.
    void onUpstream(std::string_view provider, std::string_view url, std::uint32_t attempt, OutboundRequest& request);
    /// Shows one event to the links from the innermost outwards; what comes out goes to `out` (nothing while held).
    /// Throws the Error of a STOP or of a failing closed link.
    [[nodiscard]] io::Task<void> onEvent(const protocol::ChatEvent& event, protocol::EventSink& out);
    /// The events have ended well. A link that was given a token may release what it holds for as long as events may be
    /// held; then, or at once without a token, on_failure decides: closed throws, open releases. To be called whenever
    /// the chain wants events.
    [[nodiscard]] io::Task<void> onEnd(protocol::EventSink& out);
    /// The answer has ended well: onEnd() unless that was called, then on_response.
    [[nodiscard]] io::Task<void> onResponse(protocol::EventSink& out);
    /// The request will fail with `error`; links may rewrite it.
    void onError(Error& error);
    /// Exactly once, whatever happened; `ok` false: failed or client gone. Frees the plugins' state.
    void complete(bool ok, bool client_gone) noexcept;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace gw::plugin_host
