#include "http/key_handler.h"

#include "base/text.h"
#include "http/body_fields.h"
#include "http/credential.h"
#include "http/paging.h"

namespace gw::http {
namespace {

constexpr std::size_t kLongestName = 256;
constexpr std::size_t kMostNames = 200;

void appendTime(protocol::JsonWriter& json, std::string_view name, const std::optional<WallTime>& time) {
    if (time)
        json.field(name, rfc3339(*time));
    else
        json.key(name).null();
}

void appendKey(protocol::JsonWriter& json, const storage::ApiKey& key, std::string_view secret = {}) {
    json.beginObject().field("id", key.id.str()).field("name", key.name).field("prefix", key.prefix);
    if (!secret.empty()) json.field("key", secret);
    json.key("scopes").beginArray();
    for (const auto& scope : key.scopes) json.string(scope);
    json.endArray().key("models");
    if (key.models) {
        json.beginArray();
        for (const auto& model : *key.models) json.string(model);
        json.endArray();
    } else {
        json.null();
    }
    json.field("created_at", rfc3339(key.created_at));
    appendTime(json, "expires_at", key.expires_at);
    appendTime(json, "revoked_at", key.revoked_at);
    appendTime(json, "last_used_at", key.last_used_at);
    json.endObject();
}

std::string encodeKey(const storage::ApiKey& key, std::string_view secret = {}) {
    protocol::JsonWriter json;
    appendKey(json, key, secret);
    return json.take();
}

std::string encodeKeys(const sessions::ListPage<storage::ApiKey>& page) {
    return encodePage(page, [](protocol::JsonWriter& json, const storage::ApiKey& key) { appendKey(json, key); });
}

admin::KeyWishes wishesOf(const BodyFields& fields) {
    return {.name = fields.text("name", kLongestName),
            .scopes = fields.texts("scopes", kMostNames),
            .models = fields.texts("models", kMostNames),
            .expires_at = fields.time("expires_at")};
}

}  // namespace

io::Task<void> KeyHandler::create(const auth::Principal& by, Request& request, Response& response) {
    const BodyFields fields(request, {"name", "scopes", "models", "expires_at"});
    static_cast<void>(fields.requiredText("name", kLongestName));
    const auto created = co_await keys_.create(by, wishesOf(fields));
    const auto body = encodeKey(created.key, created.secret.reveal());
    co_await response.sendJson(201, body);
}

io::Task<std::string> KeyHandler::update(const auth::Principal& by, Request& request) {
    const BodyFields fields(request, {"name", "scopes", "models", "expires_at"});
    co_return encodeKey(co_await keys_.update(by, KeyId(request.parameters.at(0)), wishesOf(fields)));
}

io::Task<void> KeyHandler::handle(Request& request, Response& response) {
    const auto by = co_await authenticate(authenticator_, request);
    std::string body;
    switch (action_) {
        case Action::Create: co_await create(*by, request, response); co_return;
        case Action::List: body = encodeKeys(co_await keys_.list(*by, pageOf(request))); break;
        case Action::Get: body = encodeKey(co_await keys_.get(*by, KeyId(request.parameters.at(0)))); break;
        case Action::Update: body = co_await update(*by, request); break;
        case Action::Revoke:
            co_await keys_.revoke(*by, KeyId(request.parameters.at(0)));
            co_await response.sendEmpty(204);
            co_return;
    }
    co_await response.sendJson(200, body);
}

}  // namespace gw::http
