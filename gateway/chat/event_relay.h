#pragma once
#include <optional>
#include <string>
#include <vector>

#include "chat/answer_sink.h"
#include "chat/attempt.h"
#include "io/cancellation.h"
#include "io/event_loop.h"
#include "plugin_host/middleware_chain.h"
#include "plugin_host/outbound.h"
#include "plugin_host/provider.h"
#include "protocol/chat_event.h"
#include "protocol/frame_reader.h"
#include "protocol/owned_event.h"

namespace gw::chat {

/// The client's side of one attempt: who sees the events, and whether the upstream's bytes may go through.
struct RelayTarget {
    AnswerSink& out;
    plugin_host::Transaction* filter = nullptr;  // null: no middleware wants events
    bool gather = false;                         // somebody needs the whole answer
    bool raw = false;                            // the client's wire form is the upstream's
    bool stream = false;                         // the client asked for a stream
};

/// Upstream bytes -> frames -> provider -> events -> middleware -> client, for one attempt, at the client's pace.
/// [loop]
class EventRelay final : private protocol::EventSink {
public:
    EventRelay(plugin_host::Exchange& exchange, RelayTarget target, AttemptResult& result, io::EventLoop& loop);

    /// Until the upstream ends or fails, the provider refuses or the client leaves. Returns how the transfer ended; a
    /// provider's refusal is in failure().
    [[nodiscard]] io::Task<plugin_host::TransferState> pump(plugin_host::Transfer& transfer, protocol::Framing framing);
    /// Tells the provider that its upstream has ended and relays what it has left to say.
    [[nodiscard]] io::Task<plugin_host::Exchange::End> end(plugin_host::TransferState why);

    [[nodiscard]] std::optional<plugin_host::ProviderFailure>& failure() noexcept { return failure_; }
    [[nodiscard]] const std::string& detail() const noexcept { return detail_; }

private:
    void onEvent(const protocol::ChatEvent& event) override;  // from the provider
    void learn(const protocol::ChatEvent& event);
    void deliver(const protocol::ChatEvent& event);
    void onFrame(const protocol::Frame& frame);
    [[nodiscard]] io::Task<bool> forward();  // queued events through the filter; then one write

    /// What the filter lets out.
    class Delivery final : public protocol::EventSink {
    public:
        explicit Delivery(EventRelay& relay) : relay_(relay) {}
        void onEvent(const protocol::ChatEvent& event) override { relay_.deliver(event); }

    private:
        EventRelay& relay_;
    };

    plugin_host::Exchange& exchange_;
    RelayTarget target_;
    AttemptResult& result_;
    io::EventLoop& loop_;
    Delivery delivery_{*this};
    std::vector<protocol::OwnedEvent> queued_;
    std::optional<plugin_host::ProviderFailure> failure_;
    std::string detail_;
    bool raw_now_ = false;  // this upstream's framing allows pass-through
};

}  // namespace gw::chat
