#include "http/admin_handler.h"

#include "http/credential.h"

namespace gw::http {

io::Task<void> AdminHandler::handle(Request& request, Response& response) {
    const auto by = co_await authenticate(authenticator_, request);
    by->requireRole(auth::Role::Operator);
    // A key of an administrator may be meant for chatting alone; the operator's role has no admin scope and needs none
    // here.
    if (by->role == auth::Role::Admin) by->require(auth::Scope::Admin);
    const auto body = co_await workers_.run([this] { return action_(); });
    co_await response.sendJson(200, body);
}

}  // namespace gw::http
