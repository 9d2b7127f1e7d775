#include "chat/subject.h"

#include "base/error.h"
#include "protocol/json.h"

namespace gw::chat {

std::string_view Subject::fact(std::string_view name) const {
    if (name == "request.id") return incoming_.request_id.str();
    if (name == "route.name") return incoming_.route;
    if (name == "peer.ip") return incoming_.peer;
    if (principal_ && name == "principal.id") return principal_->user.str();
    if (principal_ && name == "principal.key_id") return principal_->key.str();
    if (name == "model.alias") return model_;
    if (name == "stream") return streams_ ? "true" : "false";
    return {};
}

namespace {

std::vector<std::string> texts(const protocol::JsonNode* array) {
    std::vector<std::string> items;
    for (const auto* item = array->first(); item != nullptr; item = item->next()) items.emplace_back(item->str());
    return items;
}

/// What an auth extension may narrow: {"scopes":["chat"],"models":["a/b"]}.
void narrow(auth::Principal& principal, std::string_view claims_json) {
    const protocol::JsonDocument claims{std::string(claims_json)};
    if (const auto* scopes = claims.root().find("scopes")) {
        principal.scopes = {};
        for (const auto& name : texts(scopes))
            if (const auto scope = auth::parseScope(name)) principal.scopes.add(*scope);
    }
    if (const auto* models = claims.root().find("models")) principal.models = texts(models);
}

}  // namespace

bool Subject::setPrincipal(std::string_view id, std::string_view claims_json) {
    if (principal_) return false;
    auth::Principal principal{
        .user = UserId(id), .key = {}, .key_prefix = "plugin", .role = auth::Role::User, .scopes = {}, .models = {}};
    principal.scopes = auth::scopesOf(principal.role);
    if (!claims_json.empty()) narrow(principal, claims_json);
    principal_ = std::make_shared<const auth::Principal>(std::move(principal));
    return true;
}

}  // namespace gw::chat
