#include "http/session_handler.h"

#include "base/text.h"
#include "http/body_fields.h"
#include "http/credential.h"
#include "http/paging.h"
#include "protocol/native_codec.h"

namespace gw::http {
namespace {

// The columns' own lengths (migrations/0001_initial.yaml).
constexpr std::size_t kLongestTitle = 1024, kLongestProvider = 128, kLongestModel = 256, kLongestPrompt = 1u << 20,
                      kLongestObject = 65'536;

void appendRaw(protocol::JsonWriter& json, std::string_view name, const std::optional<std::string>& value,
               std::string_view absent) {
    json.rawField(name, value ? std::string_view(*value) : absent);
}

void appendSession(protocol::JsonWriter& json, const storage::ChatSession& session) {
    json.beginObject()
        .field("id", session.id.str())
        .field("title", session.title)
        .field("ai_provider", session.ai_provider)
        .field("model", session.model);
    appendRaw(json, "config", session.config, "{}");
    json.field("system_prompt", session.system_prompt);
    appendRaw(json, "metadata", session.metadata, "{}");
    json.field("message_count", session.message_count)
        .field("created_at", rfc3339(session.created_at))
        .field("updated_at", rfc3339(session.updated_at))
        .field("archived", session.archived)
        .endObject();
}

std::string encodeSession(const storage::ChatSession& session) {
    protocol::JsonWriter json;
    appendSession(json, session);
    return json.take();
}

void appendMessage(protocol::JsonWriter& json, const storage::Message& message) {
    json.beginObject()
        .field("id", message.id.str())
        .field("role", message.role)
        .rawField("content", message.content)
        .field("model", message.model)
        .field("provider", message.provider)
        .field("status", storage::messageStatusName(message.status))
        .field("finish_reason", message.finish_reason);
    appendRaw(json, "usage", message.usage, "null");
    json.field("parent_id", message.parent ? std::optional(message.parent->str()) : std::nullopt)
        .field("created_at", rfc3339(message.created_at))
        .endObject();
}

sessions::SessionWishes wishesOf(Request& request) {
    const BodyFields fields(request,
                            {"title", "ai_provider", "model", "config", "system_prompt", "metadata", "archived"});
    sessions::SessionWishes wishes{.title = fields.text("title", kLongestTitle),
                                   .ai_provider = fields.text("ai_provider", kLongestProvider),
                                   .model = fields.text("model", kLongestModel),
                                   .config = fields.object("config", kLongestObject),
                                   .system_prompt = fields.text("system_prompt", kLongestPrompt),
                                   .metadata = fields.object("metadata", kLongestObject),
                                   .archived = fields.boolean("archived")};
    if (wishes.config) protocol::checkChatConfig(*wishes.config, "config");
    return wishes;
}

bool flag(const Request& request, std::string_view name) {
    const auto value = request.queryParameter(name);
    if (value.empty() || value == "false") return false;
    if (value == "true") return true;
    throw Error(ErrorCode::InvalidRequest, "'" + std::string(name) + "' must be true or false")
        .withParam(std::string(name));
}

}  // namespace

io::Task<std::string> SessionHandler::list(const UserId& user, const Request& request) {
    const storage::SessionFilter filter{.archived = flag(request, "archived"),
                                        .title_contains = request.queryParameter("q")};
    const auto page = co_await sessions_.list(user, filter, pageOf(request));
    co_return encodePage(page, appendSession);
}

io::Task<std::string> SessionHandler::messages(const UserId& user, const Request& request) {
    const auto page = co_await sessions_.messages(user, SessionId(request.parameters.at(0)), pageOf(request));
    co_return encodePage(page, appendMessage);
}

io::Task<void> SessionHandler::handle(Request& request, Response& response) {
    const auto by = co_await authenticate(authenticator_, request);
    by->require(auth::Scope::Sessions);
    const auto id = [&request] { return SessionId(request.parameters.at(0)); };
    std::string body;
    switch (action_) {
        case Action::Create: body = encodeSession(co_await sessions_.create(by->user, wishesOf(request))); break;
        case Action::List: body = co_await list(by->user, request); break;
        case Action::Messages: body = co_await messages(by->user, request); break;
        case Action::Get: body = encodeSession(co_await sessions_.get(by->user, id())); break;
        case Action::Update: body = encodeSession(co_await sessions_.update(by->user, id(), wishesOf(request))); break;
        case Action::Remove:
            co_await sessions_.remove(by->user, id());
            co_await response.sendEmpty(204);
            co_return;
    }
    co_await response.sendJson(action_ == Action::Create ? 201 : 200, body);
}

}  // namespace gw::http
