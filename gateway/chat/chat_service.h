#pragma once
#include <memory>

#include "auth/authenticator.h"
#include "base/clock.h"
#include "chat/answer_sink.h"
#include "chat/dispatcher.h"
#include "chat/generation.h"
#include "chat/incoming.h"
#include "chat/settlement.h"
#include "chat/subject.h"
#include "plugin_host/middleware_chain.h"
#include "sessions/session_service.h"

namespace gw::chat {

/// The spine: one request from its credential to its ledger, whichever door it came in by. Shared by all loops. [loop]
class ChatService {
public:
    /// All must outlive the service.
    ChatService(const CurrentGeneration& generation, auth::Authenticator& authenticator,
                sessions::SessionService& sessions, Dispatcher& dispatcher, Settlement& settlement)
        : generation_(generation),
          authenticator_(authenticator),
          sessions_(sessions),
          dispatcher_(dispatcher),
          settlement_(settlement) {}

    /// Serves `incoming` into `out`, lists the steps in their order and gives each the reason for its place. Throws
    /// Error when the request fails; what was owed is settled by then.
    [[nodiscard]] io::Task<void> run(Incoming& incoming, AnswerSink& out);

    /// Whether the operator has put middleware on a route.
    [[nodiscard]] bool hasMiddleware(std::string_view route) const { return !generation_.get()->chain(route)->empty(); }

private:
    struct Passage;
    [[nodiscard]] io::Task<void> serve(Passage& passage);
    [[nodiscard]] io::Task<void> authenticate(Passage& passage);
    [[nodiscard]] io::Task<void> openTurn(Passage& passage);
    [[nodiscard]] io::Task<AttemptResult> dispatch(Passage& passage);
    [[nodiscard]] io::Task<AttemptResult> replay(Passage& passage);  // what a middleware answered
    [[nodiscard]] io::Task<void> review(Passage& passage, AttemptResult& result);
    [[nodiscard]] io::Task<void> conclude(Passage& passage, AttemptResult& result);

    const CurrentGeneration& generation_;
    auth::Authenticator& authenticator_;
    sessions::SessionService& sessions_;
    Dispatcher& dispatcher_;
    Settlement& settlement_;
};

}  // namespace gw::chat
