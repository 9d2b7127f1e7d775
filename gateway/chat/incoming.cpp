#include "chat/incoming.h"

#include "protocol/json_writer.h"

namespace gw::chat {

std::string canonicalMessage(const protocol::NativeChatRequest& turn) {
    protocol::JsonWriter json;
    json.beginObject().key("messages").beginArray();
    json.beginObject().field("role", "user").rawField("content", turn.content).endObject();
    json.endArray().field("stream", turn.stream).endObject();
    return json.take();
}

std::string lastContent(std::string request) {
    const protocol::JsonDocument document(std::move(request));
    const auto* messages = document.root().find("messages");
    const auto* last = messages != nullptr && messages->size() > 0 ? messages->item(messages->size() - 1) : nullptr;
    const auto* content = last != nullptr ? last->find("content") : nullptr;
    if (content == nullptr)
        throw Error(ErrorCode::Internal, "internal error", "a middleware left a request without a message");
    return std::string(content->raw());
}

}  // namespace gw::chat
