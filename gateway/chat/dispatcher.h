#pragma once
#include <functional>
#include <memory>
#include <vector>

#include "chat/answer_sink.h"
#include "chat/attempt.h"
#include "chat/generation.h"
#include "chat/incoming.h"
#include "plugin_host/middleware_chain.h"
#include "plugin_host/outbound.h"
#include "protocol/chat_request.h"
#include "routing/model_router.h"
#include "routing/provider_health.h"

namespace gw::chat {

/// What is asked, and of whom; lives in the frame of ChatService::run.
struct Dispatch {
    const Incoming& incoming;
    const protocol::ChatRequest& request;
    const Generation& generation;
    std::vector<routing::Target> candidates;     // best first, not empty
    plugin_host::Transaction* filter = nullptr;  // null: this route has no middleware
    bool filter_events = false;                  // a middleware wants to see events
    bool gather = false;                         // the whole answer is needed (a stored turn, a middleware)
    std::string_view session_id, message_id;     // of a stored turn, else empty
};

/// Sends a request to the first candidate that takes it; the one place that goes on to the next. It does so only before
/// the first content has gone to the client: after that a failure is a failure. [loop]
class Dispatcher {
public:
    using OutboundOf = std::function<plugin_host::Outbound&(io::EventLoop&)>;
    /// Both must outlive the dispatcher.
    Dispatcher(OutboundOf outbound, routing::ProviderHealth& health)
        : outbound_(std::move(outbound)), health_(health) {}

    /// Never throws for what a provider or the network did: it stands in the result.
    [[nodiscard]] io::Task<AttemptResult> send(const Dispatch& dispatch, AnswerSink& out);

private:
    class Attempt;
    /// Whether the next candidate may be asked.
    [[nodiscard]] io::Task<bool> ask(const Dispatch& dispatch, const routing::Target& target, AnswerSink& out,
                                     AttemptResult& result);
    void note(const Dispatch& dispatch, const plugin_host::ProviderFailure& failure, AttemptResult& result);

    OutboundOf outbound_;
    routing::ProviderHealth& health_;
};

}  // namespace gw::chat
