#pragma once
#include "auth/principal.h"
#include "base/clock.h"
#include "chat/attempt.h"
#include "chat/incoming.h"
#include "chat/usage_recorder.h"
#include "protocol/chat_request.h"

namespace gw::chat {

/// What a request cost, written down on every path: answered, failed, client gone. [loop]
class Settlement {
public:
    Settlement(UsageRecorder& recorder, const Clock& clock) : recorder_(recorder), clock_(clock) {}

    /// Tokens that no provider told are estimated, and marked so. Fills what the access log shows of it.
    void settle(const auth::Principal& principal, Incoming& incoming, const protocol::ChatRequest& request,
                AttemptResult& result);

private:
    UsageRecorder& recorder_;
    const Clock& clock_;
};

}  // namespace gw::chat
