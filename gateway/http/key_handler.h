#pragma once
#include "admin/key_admin.h"
#include "auth/authenticator.h"
#include "http/authenticated_handler.h"

namespace gw::http {

/// /api/v1/keys: what each method of the collection and of one key does. [any]
class KeyHandler final : public AuthenticatedHandler {
public:
    enum class Action : std::uint8_t { Create, List, Get, Update, Revoke };
    KeyHandler(Action action, admin::KeyAdmin& keys, auth::Authenticator& authenticator)
        : action_(action), keys_(keys), authenticator_(authenticator) {}
    [[nodiscard]] io::Task<void> handle(Request& request, Response& response) override;

private:
    [[nodiscard]] io::Task<void> create(const auth::Principal& by, Request& request, Response& response);
    [[nodiscard]] io::Task<std::string> update(const auth::Principal& by, Request& request);
    const Action action_;
    admin::KeyAdmin& keys_;
    auth::Authenticator& authenticator_;
};

}  // namespace gw::http
