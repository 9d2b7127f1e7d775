#include "base/error.h"
#include "protocol/openai_codec.h"

namespace gw::protocol {
namespace {

Error wrongField(std::string param, const std::string& message) {
    Error error(ErrorCode::InvalidRequest, message);
    error.withParam(std::move(param));
    return error;
}

[[noreturn]] void refuse(std::string param, const std::string& message) {
    throw wrongField(std::move(param), message);
}

std::shared_ptr<const JsonDocument> parseBody(std::string body) {
    try {
        auto document = std::make_shared<const JsonDocument>(std::move(body));
        if (!document->root().is(JsonType::Object))
            throw Error(ErrorCode::InvalidRequest, "The body must be a JSON object.");
        return document;
    } catch (const JsonError& error) {
        throw Error(ErrorCode::InvalidRequest, std::string("The body is not valid JSON: ") + error.what() +
                                                   " at byte " + std::to_string(error.offset()) + ".");
    }
}

/// The value of a field that was given; null: absent or null.
const JsonNode* optional(const JsonNode& root, std::string_view key) noexcept {
    const JsonNode* node = root.find(key);
    return given(node) ? node : nullptr;
}

bool optionalBool(const JsonNode& object, std::string_view key, const std::string& param) {
    const JsonNode* node = optional(object, key);
    if (node == nullptr) return false;
    if (!node->is(JsonType::True) && !node->is(JsonType::False)) refuse(param, "'" + param + "' must be a boolean.");
    return node->is(JsonType::True);
}

std::optional<std::int64_t> optionalCount(const JsonNode& root, std::string_view key) {
    const JsonNode* node = optional(root, key);
    if (node == nullptr) return std::nullopt;
    const std::int64_t count = node->i64(-1);
    if (count < 1) refuse(std::string(key), "'" + std::string(key) + "' must be a positive integer.");
    return count;
}

std::string requiredModel(const JsonNode& root) {
    const JsonNode* model = root.find("model");
    if (model == nullptr) refuse("model", "You must provide a model parameter.");
    if (!model->is(JsonType::String) || model->str().empty())
        refuse("model", "'model' must be a string that is not empty.");
    return std::string(model->str());
}

void checkMessage(const JsonNode& message, std::size_t index) {
    const auto place = [&] { return "messages[" + std::to_string(index) + "]"; };
    if (!message.is(JsonType::Object)) refuse(place(), "Every message must be an object.");
    const JsonNode* role = message.find("role");
    if (!is(role, JsonType::String) || role->str().empty())
        refuse(place() + ".role", "Every message must have a role.");
    const JsonNode* content = optional(message, "content");
    if (content != nullptr && !content->is(JsonType::String) && !content->is(JsonType::Array))
        refuse(place() + ".content", "A message's content must be a string, an array of parts or null.");
}

void checkMessages(const JsonNode& root) {
    const JsonNode* messages = root.find("messages");
    if (messages == nullptr) refuse("messages", "Missing required parameter: 'messages'.");
    if (!messages->is(JsonType::Array) || messages->size() == 0)
        refuse("messages", "'messages' must be an array with at least one message.");
    std::size_t index = 0;
    for (const JsonNode* message = messages->first(); message != nullptr; message = message->next())
        checkMessage(*message, index++);
}

bool includesUsage(const JsonNode& root, bool stream) {
    const JsonNode* options = optional(root, "stream_options");
    if (options == nullptr) return false;
    if (!options->is(JsonType::Object)) refuse("stream_options", "'stream_options' must be an object.");
    if (!stream) refuse("stream_options", "'stream_options' is only allowed when 'stream' is true.");
    return optionalBool(*options, "include_usage", "stream_options.include_usage");
}

void refuseDuplicates(const JsonNode& root, std::initializer_list<std::string_view> keys) {
    // Two readers of one text that pick different ones of two equal keys are a way around every check.
    const std::string_view twice = root.duplicateOf(keys);
    if (!twice.empty()) refuse(std::string(twice), "'" + std::string(twice) + "' is given more than once.");
}

bool isVectorInput(const JsonNode& input) {
    if (input.is(JsonType::String)) return true;
    if (!input.is(JsonType::Array) || input.size() == 0) return false;
    for (const JsonNode* item = input.first(); item != nullptr; item = item->next()) {
        const bool text_or_tokens =
            item->is(JsonType::String) || item->is(JsonType::Number) || item->is(JsonType::Array);
        if (!text_or_tokens) return false;
    }
    return true;
}

void appendText(std::string& out, const JsonNode& content) {
    if (content.is(JsonType::String)) out += content.str();
    if (!content.is(JsonType::Array)) return;
    for (const JsonNode* part = content.first(); part != nullptr; part = part->next()) {
        if (str(part->find("type")) != "text") continue;
        if (!out.empty()) out += '\n';
        out += str(part->find("text"));
    }
}

}  // namespace

ChatRequest parseChatRequest(std::string body) {
    ChatRequest request;
    request.document = parseBody(std::move(body));
    const JsonNode& root = request.document->root();
    refuseDuplicates(root, {"model", "messages", "stream", "stream_options", "max_tokens", "max_completion_tokens"});
    request.model = requiredModel(root);
    checkMessages(root);
    request.stream = optionalBool(root, "stream", "stream");
    request.include_usage = includesUsage(root, request.stream);
    const auto older = optionalCount(root, "max_tokens");
    const auto newer = optionalCount(root, "max_completion_tokens");
    request.max_tokens = newer ? newer : older;
    request.has_images = hasImages(root);
    return request;
}

ChatRequest parseEmbeddingsRequest(std::string body) {
    ChatRequest request;
    request.document = parseBody(std::move(body));
    const JsonNode& root = request.document->root();
    refuseDuplicates(root, {"model", "input", "encoding_format"});
    request.model = requiredModel(root);
    const JsonNode* input = root.find("input");
    if (input == nullptr) refuse("input", "Missing required parameter: 'input'.");
    if (!isVectorInput(*input)) refuse("input", "'input' must be a string, or an array of strings or of tokens.");
    if (const JsonNode* format = optional(root, "encoding_format"); format != nullptr) {
        if (format->str() != "float" && format->str() != "base64")
            refuse("encoding_format", "'encoding_format' must be 'float' or 'base64'.");
        request.base64 = format->str() == "base64";
    }
    static_cast<void>(optionalCount(root, "dimensions"));
    return request;
}

std::string lastUserText(const JsonNode& request) {
    const JsonNode* last = nullptr;
    const JsonNode* messages = request.find("messages");
    for (const JsonNode* message = messages != nullptr ? messages->first() : nullptr; message != nullptr;
         message = message->next())
        if (str(message->find("role")) == "user") last = message;
    std::string text;
    const JsonNode* content = find(last, "content");
    if (content != nullptr) appendText(text, *content);
    return text;
}

bool hasImages(const JsonNode& request) noexcept {
    const JsonNode* messages = request.find("messages");
    for (const JsonNode* message = messages != nullptr ? messages->first() : nullptr; message != nullptr;
         message = message->next()) {
        const JsonNode* content = message->find("content");
        if (!is(content, JsonType::Array)) continue;
        for (const JsonNode* part = content->first(); part != nullptr; part = part->next()) {
            const JsonNode* type = part->find("type");
            if (is(type, JsonType::String) && type->raw() == "\"image_url\"") return true;
        }
    }
    return false;
}

}  // namespace gw::protocol
