#include "protocol/native_codec.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "protocol/json.h"
#include "protocol/json_writer.h"

namespace gw::protocol {
namespace {

Error wrongField(ErrorCode code, std::string param, const std::string& message) {
    Error error(code, message);
    error.withParam(std::move(param));
    return error;
}

[[noreturn]] void refuse(std::string param, const std::string& message) {
    throw wrongField(ErrorCode::InvalidRequest, std::move(param), message);
}

/// Every member of `object` must be one of `known`.
void refuseUnknown(const JsonNode& object, std::initializer_list<std::string_view> known, std::string_view where) {
    for (const JsonNode* member = object.first(); member != nullptr; member = member->next()) {
        if (std::ranges::find(known, member->key()) != known.end()) continue;
        const std::string param = std::string(where) + std::string(member->key());
        throw wrongField(ErrorCode::UnknownField, param, "'" + param + "' is not a field of this request.");
    }
    const std::string_view twice = object.duplicateOf(known);
    if (!twice.empty())
        refuse(std::string(where) + std::string(twice), "'" + std::string(twice) + "' is given more than once.");
}

void readImage(const JsonNode& part, const std::string& place) {
    refuseUnknown(part, {"type", "image_url"}, place + ".");
    const JsonNode* image = part.find("image_url");
    if (!is(image, JsonType::Object)) refuse(place + ".image_url", "An image part needs an 'image_url' object.");
    refuseUnknown(*image, {"url", "detail"}, place + ".image_url.");
    if (str(image->find("url")).empty()) refuse(place + ".image_url.url", "An image needs a URL.");
    const JsonNode* detail = image->find("detail");
    if (given(detail) && !detail->is(JsonType::String))
        refuse(place + ".image_url.detail", "'detail' must be a string.");
}

void readPart(const JsonNode& part, std::size_t index, NativeChatRequest& request) {
    const std::string place = "message[" + std::to_string(index) + "]";
    if (!part.is(JsonType::Object)) refuse(place, "A part of a message must be an object.");
    const std::string_view type = str(part.find("type"));
    if (type == "image_url") {
        readImage(part, place);
        request.has_images = true;
        return;
    }
    if (type != "text") refuse(place + ".type", "A part's type must be 'text' or 'image_url'.");
    refuseUnknown(part, {"type", "text"}, place + ".");
    const JsonNode* text = part.find("text");
    if (!is(text, JsonType::String)) refuse(place + ".text", "A text part needs a 'text' string.");
    if (!request.text.empty()) request.text += '\n';
    request.text += text->str();
}

void readMessage(const JsonNode* message, NativeChatRequest& request) {
    if (message == nullptr) refuse("message", "'message' is missing.");
    request.content = message->raw();
    if (message->is(JsonType::String)) {
        request.text = message->str();
        if (request.text.empty()) refuse("message", "'message' must not be empty.");
        return;
    }
    if (!message->is(JsonType::Array) || message->size() == 0)
        refuse("message", "'message' must be a string or an array of parts.");
    std::size_t index = 0;
    for (const JsonNode* part = message->first(); part != nullptr; part = part->next())
        readPart(*part, index++, request);
}

/// The fields of a request that the gateway itself fills in: a configuration that named them would change more than how
/// the model answers.
constexpr std::array<std::string_view, 5> kOwnFields = {"model", "messages", "stream", "stream_options", "n"};
constexpr std::size_t kConfigFields = 100;  // each is compared with every other

void checkConfigField(const JsonNode& field, const std::string& param) {
    const std::string_view key = field.key();
    if (std::ranges::find(kOwnFields, key) != kOwnFields.end()) refuse(param, "'" + param + "' cannot be set here.");
    if (!given(&field)) return;
    if ((key == "temperature" || key == "top_p") && !field.is(JsonType::Number))
        refuse(param, "'" + param + "' must be a number.");
    if ((key == "max_tokens" || key == "max_completion_tokens") && field.i64(0) < 1)
        refuse(param, "'" + param + "' must be a positive integer.");
}

void checkConfig(const JsonNode& config, const std::string& where) {
    if (!config.is(JsonType::Object)) refuse(where, "'" + where + "' must be an object.");
    if (config.size() > kConfigFields) refuse(where, "'" + where + "' has too many fields.");
    for (const JsonNode* field = config.first(); field != nullptr; field = field->next()) {
        std::string param = where;
        param.append(".").append(field->key());
        checkConfigField(*field, param);
        if (!config.duplicateOf({field->key()}).empty()) refuse(param, "'" + param + "' is given more than once.");
    }
}

/// Members of `config` that are not null and that `stronger` does not name.
void writeConfig(JsonWriter& json, std::string_view config, std::string_view stronger) {
    if (config.empty()) return;
    const JsonDocument document{std::string(config)};
    const JsonDocument other{std::string(stronger.empty() ? "{}" : stronger)};
    for (const JsonNode* member = document.root().first(); member != nullptr; member = member->next())
        if (given(member) && other.root().find(member->key()) == nullptr) json.rawField(member->key(), member->raw());
}

void writeAnswer(JsonWriter& json, const ChatAggregate::Choice& choice) {
    json.field("role", "assistant").field("content", choice.text);
    if (!choice.reasoning.empty()) json.field("reasoning", choice.reasoning);
    if (choice.tools.empty()) return;
    json.key("tool_calls").beginArray();
    for (const auto& tool : choice.tools) {
        json.beginObject().field("id", tool.id).field("name", tool.name);
        json.field("arguments", tool.arguments.empty() ? "{}" : tool.arguments).endObject();
    }
    json.endArray();
}

}  // namespace

NativeChatRequest parseNativeChatRequest(std::string body) {
    NativeChatRequest request;
    try {
        const JsonDocument document(std::move(body));
        const JsonNode& root = document.root();
        if (!root.is(JsonType::Object)) throw Error(ErrorCode::InvalidRequest, "The body must be a JSON object.");
        refuseUnknown(root, {"session_id", "message", "stream", "config"}, "");
        const JsonNode* session = root.find("session_id");
        if (given(session) && (!session->is(JsonType::String) || session->str().empty()))
            refuse("session_id", "'session_id' must be the id of a session.");
        request.session_id = str(session);
        const JsonNode* stream = root.find("stream");
        if (given(stream) && !stream->is(JsonType::True) && !stream->is(JsonType::False))
            refuse("stream", "'stream' must be a boolean.");
        request.stream = boolean(stream, false);
        const JsonNode* config = root.find("config");
        if (given(config)) {
            checkConfig(*config, "config");
            request.config = config->raw();
        }
        readMessage(root.find("message"), request);
    } catch (const JsonError& error) {
        throw Error(ErrorCode::InvalidRequest, std::string("The body is not valid JSON: ") + error.what() +
                                                   " at byte " + std::to_string(error.offset()) + ".");
    }
    return request;
}

void checkChatConfig(std::string_view json, std::string_view where) {
    try {
        const JsonDocument document{std::string(json)};
        checkConfig(document.root(), std::string(where));
    } catch (const JsonError&) {
        refuse(std::string(where), "'" + std::string(where) + "' is not valid JSON.");
    }
}

std::string encodeChatTurn(const ChatTurn& turn) {
    JsonWriter json;
    json.beginObject().field("model", turn.model).key("messages").beginArray();
    const auto message = [&json](std::string_view role, std::string_view content) {
        json.beginObject().field("role", role).rawField("content", content).endObject();
    };
    if (!turn.system_prompt.empty()) message("system", jsonString(turn.system_prompt));
    for (const HistoryMessage& past : turn.history) message(past.role, past.content);
    message("user", turn.content);
    json.endArray();
    writeConfig(json, turn.session_config, turn.config);
    writeConfig(json, turn.config, {});
    if (turn.stream) {
        json.field("stream", true).key("stream_options").beginObject().field("include_usage", true).endObject();
    }
    return json.endObject().take();
}

void appendNativeUsage(std::string& out, const Usage& usage) {
    if (!usage.told()) {
        out += "null";
        return;
    }
    const std::int64_t input = std::max<std::int64_t>(usage.input, 0);
    const std::int64_t output = std::max<std::int64_t>(usage.output, 0);
    JsonWriter json;
    json.beginObject()
        .field("input_tokens", input)
        .field("output_tokens", output)
        .field("total_tokens", input + output);
    if (usage.cached_read >= 0) json.field("cached_tokens", usage.cached_read);
    if (usage.cached_write >= 0) json.field("cache_write_tokens", usage.cached_write);
    if (usage.reasoning >= 0) json.field("reasoning_tokens", usage.reasoning);
    out += json.endObject().take();
}

std::string encodeNativeAnswer(const ChatAggregate& answer, const NativeAnswer& facts) {
    const ChatAggregate::Choice none;
    const ChatAggregate::Choice* choice = &none;
    for (const auto& known : answer.choices())
        if (known.index == 0) choice = &known;
    std::string usage;
    appendNativeUsage(usage, answer.usage());
    JsonWriter json;
    json.beginObject().field("session_id", facts.session_id).key("message").beginObject().field("id", facts.message_id);
    writeAnswer(json, *choice);
    json.field("model", answer.model().empty() ? facts.model : std::string_view(answer.model()));
    json.field("provider", facts.provider).field("status", facts.status).key("finish_reason");
    if (choice->finish_reason.empty())
        json.null();
    else
        json.string(choice->finish_reason);
    json.rawField("usage", usage).field("created_at", rfc3339(facts.created_at)).endObject();
    return json.rawField("usage", usage).endObject().take();
}

}  // namespace gw::protocol
