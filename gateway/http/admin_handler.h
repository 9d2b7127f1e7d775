#pragma once
#include <functional>
#include <string>

#include "auth/authenticator.h"
#include "http/authenticated_handler.h"
#include "io/worker_pool.h"

namespace gw::http {

/// What an operator asks of the running process; app/ does it. The answer is JSON. May block: it runs on a worker.
struct AdminActions {
    std::function<std::string()> reload;  // throws Error with all findings
    std::function<std::string()> plugins;
};

/// POST /api/v1/admin/reload and GET /api/v1/admin/plugins, for operators and administrators. [any]
class AdminHandler final : public AuthenticatedHandler {
public:
    /// `action` must be [worker]-safe.
    AdminHandler(std::function<std::string()> action, io::WorkerPool& workers, auth::Authenticator& authenticator)
        : action_(std::move(action)), workers_(workers), authenticator_(authenticator) {}
    [[nodiscard]] io::Task<void> handle(Request& request, Response& response) override;

private:
    std::function<std::string()> action_;
    io::WorkerPool& workers_;
    auth::Authenticator& authenticator_;
};

}  // namespace gw::http
