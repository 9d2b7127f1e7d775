#pragma once
#include "auth/authenticator.h"
#include "http/authenticated_handler.h"
#include "sessions/session_service.h"

namespace gw::http {

/// /api/v1/sessions: what each method of the collection, of one session and of its messages does. [any]
class SessionHandler final : public AuthenticatedHandler {
public:
    enum class Action : std::uint8_t { Create, List, Get, Update, Remove, Messages };
    SessionHandler(Action action, sessions::SessionService& sessions, auth::Authenticator& authenticator)
        : action_(action), sessions_(sessions), authenticator_(authenticator) {}
    [[nodiscard]] io::Task<void> handle(Request& request, Response& response) override;

private:
    [[nodiscard]] io::Task<std::string> list(const UserId& user, const Request& request);
    [[nodiscard]] io::Task<std::string> messages(const UserId& user, const Request& request);
    const Action action_;
    sessions::SessionService& sessions_;
    auth::Authenticator& authenticator_;
};

}  // namespace gw::http
