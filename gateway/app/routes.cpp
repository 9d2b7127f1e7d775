#include "app/routes.h"

#include "http/admin_handler.h"
#include "http/chat_handler.h"
#include "http/health_handler.h"
#include "http/key_handler.h"
#include "http/metrics_handler.h"
#include "http/model_handler.h"
#include "http/session_handler.h"
#include "http/usage_handler.h"

namespace gw::app {

using http::Door;

Routes::Routes(const RouteParts& parts) {
    addChat(parts);
    addSessions(parts);
    addKeys(parts);
    addModels(parts);
    addOperations(parts);
}

http::Handler& Routes::once(const RouteParts& parts, http::Handler& handler, http::IdempotentHandler::Keep keep) {
    return make<http::IdempotentHandler>(handler, parts.idempotency, parts.authenticator, keep);
}

void Routes::addChat(const RouteParts& parts) {
    const auto add = [&](const char* pattern, http::Handler& handler, Door door) {
        router_.add("POST", pattern, once(parts, handler), door);
    };
    add("/v1/chat/completions", make<http::OpenAiHandler>(parts.chat, chat::Operation::Chat), Door::OpenAi);
    add("/v1/embeddings", make<http::OpenAiHandler>(parts.chat, chat::Operation::Embed), Door::OpenAi);
    add("/api/v1/chat", make<http::NativeChatHandler>(parts.chat, false), Door::Native);
    add("/api/v1/chat/stream", make<http::NativeChatHandler>(parts.chat, true), Door::Native);
}

void Routes::addSessions(const RouteParts& parts) {
    using Action = http::SessionHandler::Action;
    const auto add = [&](const char* method, const char* pattern, Action action) {
        auto& handler = make<http::SessionHandler>(action, parts.sessions, parts.authenticator);
        router_.add(method, pattern, action == Action::Create ? once(parts, handler) : handler, Door::Native);
    };
    add("POST", "/api/v1/sessions", Action::Create);
    add("GET", "/api/v1/sessions", Action::List);
    add("GET", "/api/v1/sessions/{id}", Action::Get);
    add("PATCH", "/api/v1/sessions/{id}", Action::Update);
    add("DELETE", "/api/v1/sessions/{id}", Action::Remove);
    add("GET", "/api/v1/sessions/{id}/messages", Action::Messages);
}

void Routes::addKeys(const RouteParts& parts) {
    using Action = http::KeyHandler::Action;
    const auto add = [&](const char* method, const char* pattern, Action action) {
        auto& handler = make<http::KeyHandler>(action, parts.keys, parts.authenticator);
        router_.add(method, pattern,
                    action == Action::Create ? once(parts, handler, http::IdempotentHandler::Keep::Sealed) : handler,
                    Door::Native);
    };
    add("POST", "/api/v1/keys", Action::Create);
    add("GET", "/api/v1/keys", Action::List);
    add("GET", "/api/v1/keys/{id}", Action::Get);
    add("PATCH", "/api/v1/keys/{id}", Action::Update);
    add("DELETE", "/api/v1/keys/{id}", Action::Revoke);
}

void Routes::addModels(const RouteParts& parts) {
    using Action = http::ModelHandler::Action;
    const auto add = [&](const char* pattern, Action action, Door door) {
        router_.add("GET", pattern, make<http::ModelHandler>(action, parts.models, parts.authenticator), door);
    };
    add("/v1/models", Action::OpenAiList, Door::OpenAi);
    add("/v1/models/{id*}", Action::OpenAiGet, Door::OpenAi);  // model names hold slashes, encoded or not
    add("/api/v1/models", Action::List, Door::Native);
    add("/api/v1/providers", Action::Providers, Door::Native);
}

void Routes::addOperations(const RouteParts& parts) {
    router_.add("GET", "/healthz", make<http::LiveHandler>(), Door::Native);
    router_.add("GET", "/readyz", make<http::ReadyHandler>(parts.health), Door::Native);
    router_.add("GET", "/metrics", make<http::MetricsHandler>(parts.metrics, &parts.authenticator), Door::Native);
    router_.add("GET", "/api/v1/usage", make<http::UsageHandler>(parts.usage, parts.clock, parts.authenticator),
                Door::Native);
    router_.add("GET", "/api/v1/admin/plugins",
                make<http::AdminHandler>(parts.plugins, parts.workers, parts.authenticator), Door::Native);
    router_.add("POST", "/api/v1/admin/reload",
                make<http::AdminHandler>(parts.reload, parts.workers, parts.authenticator), Door::Native);
}

}  // namespace gw::app
