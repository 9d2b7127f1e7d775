#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "admin/health.h"
#include "admin/key_admin.h"
#include "admin/model_list.h"
#include "admin/usage_report.h"
#include "auth/authenticator.h"
#include "base/clock.h"
#include "chat/chat_service.h"
#include "http/handler.h"
#include "http/idempotent_handler.h"
#include "http/router.h"
#include "io/worker_pool.h"
#include "sessions/idempotency.h"
#include "sessions/session_service.h"

namespace gw::app {

/// What the routes stand on; everything is borrowed and outlives them.
struct RouteParts {
    chat::ChatService& chat;
    sessions::SessionService& sessions;
    sessions::Idempotency& idempotency;
    auth::Authenticator& authenticator;
    admin::KeyAdmin& keys;
    admin::ModelList& models;
    admin::Health& health;
    admin::UsageReport& usage;
    io::WorkerPool& workers;
    const Clock& clock;
    std::function<std::string()> metrics, plugins, reload;
};

/// The routes of the gateway in one table, with the handlers that serve them. Built at start. [main]
class Routes {
public:
    explicit Routes(const RouteParts& parts);
    [[nodiscard]] const http::Router& router() const noexcept { return router_; }

private:
    template <class H, class... Arguments>
    H& make(Arguments&&... arguments) {
        auto handler = std::make_unique<H>(std::forward<Arguments>(arguments)...);
        H& made = *handler;
        handlers_.push_back(std::move(handler));
        return made;
    }
    /// `handler` behind Idempotency-Key.
    [[nodiscard]] http::Handler& once(const RouteParts& parts, http::Handler& handler,
                                      http::IdempotentHandler::Keep keep = http::IdempotentHandler::Keep::Plain);
    void addChat(const RouteParts& parts);
    void addSessions(const RouteParts& parts);
    void addKeys(const RouteParts& parts);
    void addModels(const RouteParts& parts);
    void addOperations(const RouteParts& parts);

    http::Router router_;
    std::vector<std::unique_ptr<http::Handler>> handlers_;
};

}  // namespace gw::app
