#include "protocol/openai_codec.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>

#include "base/error.h"
#include "base/text.h"
#include "protocol/json_writer.h"

namespace gw::protocol {
namespace {

std::int64_t told(std::int64_t tokens) {
    return std::max<std::int64_t>(tokens, 0);
}

void writeTools(JsonWriter& json, const ChatAggregate::Choice& choice, std::string_view answer_id) {
    json.key("tool_calls").beginArray();
    std::size_t index = 0;
    for (const auto& tool : choice.tools) {
        const std::string id = tool.id.empty() ? toolCallId(answer_id, choice.index, index) : tool.id;
        json.beginObject().field("id", id).field("type", "function").key("function").beginObject();
        json.field("name", tool.name).field("arguments", tool.arguments.empty() ? "{}" : tool.arguments);
        json.endObject().endObject();
        ++index;
    }
    json.endArray();
}

void writeChoice(JsonWriter& json, const ChatAggregate::Choice& choice, std::string_view answer_id) {
    json.beginObject().field("index", std::int64_t{choice.index}).key("message").beginObject();
    json.field("role", "assistant").key("content");
    if (choice.text.empty() && !choice.tools.empty())
        json.null();
    else
        json.string(choice.text);
    json.key("refusal").null();
    if (!choice.reasoning.empty()) json.field("reasoning_content", choice.reasoning);
    if (!choice.tools.empty()) writeTools(json, choice, answer_id);
    json.endObject().key("logprobs").null().key("finish_reason");
    if (choice.finish_reason.empty())
        json.null();
    else
        json.string(openAiFinish(choice.finish_reason));
    json.endObject();
}

std::vector<const ChatAggregate::Choice*> inOrder(const std::vector<ChatAggregate::Choice>& choices) {
    std::vector<const ChatAggregate::Choice*> sorted;
    sorted.reserve(choices.size());
    for (const auto& choice : choices) sorted.push_back(&choice);
    std::ranges::sort(sorted, {}, [](const auto* entry) { return entry->index; });
    return sorted;
}

[[noreturn]] void notVectors() {
    throw Error(ErrorCode::UpstreamError, "The provider's answer is not valid.",
                "an embedding is not an array of numbers");
}

std::vector<float> floatsOf(const ChatAggregate::Embedding& embedding) {
    static_assert(std::endian::native == std::endian::little, "packed float32 are little-endian on the wire");
    std::vector<float> floats;
    if (embedding.json.empty()) {
        if (embedding.data.size() % sizeof(float) != 0) notVectors();
        floats.resize(embedding.data.size() / sizeof(float));
        if (!floats.empty()) std::memcpy(floats.data(), embedding.data.data(), embedding.data.size());
        return floats;
    }
    try {
        const JsonDocument document(embedding.json);
        if (!document.root().is(JsonType::Array)) notVectors();
        floats.reserve(document.root().size());
        for (const JsonNode* item = document.root().first(); item != nullptr; item = item->next()) {
            if (!item->is(JsonType::Number)) notVectors();
            floats.push_back(static_cast<float>(item->num(0)));
        }
    } catch (const JsonError&) {
        notVectors();
    }
    return floats;
}

std::string floatArray(const std::vector<float>& floats) {
    std::string out = "[";
    for (const float value : floats) {
        if (!std::isfinite(value)) notVectors();
        std::array<char, 32> digits{};
        const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
        if (out.size() > 1) out += ',';
        out.append(digits.data(), end);
    }
    return out + "]";
}

std::string vectorJson(const ChatAggregate::Embedding& embedding, bool base64) {
    if (!base64 && !embedding.json.empty()) {
        static_cast<void>(floatsOf(embedding));  // checked, and then sent with the digits the provider chose
        return embedding.json;
    }
    if (base64 && embedding.json.empty()) return jsonString(base64Encode(embedding.data));
    const std::vector<float> floats = floatsOf(embedding);
    if (!base64) return floatArray(floats);
    std::string packed(floats.size() * sizeof(float), '\0');
    if (!floats.empty()) std::memcpy(packed.data(), floats.data(), packed.size());
    return jsonString(base64Encode(packed));
}

void writeModel(JsonWriter& json, const ModelEntry& model) {
    json.beginObject().field("id", model.id).field("object", "model").field("created", model.created);
    json.field("owned_by", model.owned_by).endObject();
}

void readUsage(const JsonNode* usage, ChatAggregate& answer) {
    if (!is(usage, JsonType::Object)) return;
    const Usage told{.input = i64(usage->find("prompt_tokens"), -1),
                     .output = i64(usage->find("completion_tokens"), -1),
                     .cached_read = i64(usage->at("/prompt_tokens_details/cached_tokens"), -1),
                     .cached_write = i64(usage->at("/prompt_tokens_details/cache_write_tokens"), -1),
                     .reasoning = i64(usage->at("/completion_tokens_details/reasoning_tokens"), -1)};
    answer.onEvent({.kind = EventKind::Usage, .usage = &told});
}

void readTools(const JsonNode* tools, std::uint32_t choice, ChatAggregate& answer) {
    std::uint32_t block = 0;
    for (const JsonNode* tool = tools != nullptr ? tools->first() : nullptr; tool != nullptr;
         tool = tool->next(), ++block) {
        answer.onEvent({.kind = EventKind::ToolStart,
                        .choice = choice,
                        .block = block,
                        .id = str(tool->find("id")),
                        .name = str(tool->at("/function/name"))});
        answer.onEvent({.kind = EventKind::ToolArgs,
                        .choice = choice,
                        .block = block,
                        .text = str(tool->at("/function/arguments"))});
    }
}

void readChoice(const JsonNode& node, std::uint32_t position, ChatAggregate& answer) {
    const auto choice =
        static_cast<std::uint32_t>(std::clamp<std::int64_t>(i64(node.find("index"), position), 0, UINT32_MAX));
    const JsonNode* message = node.find("message");
    const std::string_view reasoning = str(find(message, "reasoning_content"));
    answer.onEvent({.kind = EventKind::Text, .choice = choice, .text = str(find(message, "content"))});
    if (!reasoning.empty()) answer.onEvent({.kind = EventKind::Reasoning, .choice = choice, .text = reasoning});
    readTools(find(message, "tool_calls"), choice, answer);
    const std::string_view reason = str(node.find("finish_reason"));
    if (!reason.empty()) answer.onEvent({.kind = EventKind::Finish, .choice = choice, .name = reason});
}

}  // namespace

std::string_view openAiFinish(std::string_view reason) noexcept {
    return reason == "other" || reason.empty() ? "stop"
                                               : reason;  // OpenAI has no word for it, and clients know only its words
}

std::string toolCallId(std::string_view answer_id, std::uint32_t choice, std::size_t index) {
    std::string id = "call_";
    for (const char c : answer_id.substr(0, 64))
        if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) id += c;
    return id + "_" + std::to_string(choice) + "_" + std::to_string(index);
}

void appendUsage(std::string& out, const Usage& usage) {
    JsonWriter json;
    json.beginObject().field("prompt_tokens", told(usage.input)).field("completion_tokens", told(usage.output));
    json.field("total_tokens", told(usage.input) + told(usage.output));
    if (usage.cached_read >= 0 || usage.cached_write >= 0) {
        json.key("prompt_tokens_details").beginObject().field("cached_tokens", told(usage.cached_read));
        if (usage.cached_write >= 0) json.field("cache_write_tokens", usage.cached_write);
        json.endObject();
    }
    if (usage.reasoning >= 0)
        json.key("completion_tokens_details").beginObject().field("reasoning_tokens", usage.reasoning).endObject();
    out += json.endObject().take();
}

std::string encodeChatCompletion(const ChatAggregate& answer, const AnswerIdentity& identity) {
    const std::string& id = answer.id().empty() ? identity.id : answer.id();
    JsonWriter json;
    json.beginObject().field("id", id).field("object", "chat.completion").field("created", identity.created);
    json.field("model", answer.model().empty() ? identity.model : answer.model()).key("choices").beginArray();
    for (const auto* choice : inOrder(answer.choices())) writeChoice(json, *choice, id);
    json.endArray().key("usage");
    if (answer.usage().told()) {
        std::string usage;
        appendUsage(usage, answer.usage());
        json.raw(usage);
    } else {
        json.null();
    }
    return json.endObject().take();
}

ChatAggregate parseChatCompletion(std::string_view text) {
    ChatAggregate answer;
    const auto refuse = [](const std::string& why) {
        throw Error(ErrorCode::Internal, "The answer could not be processed.",
                    "a replaced response is invalid: " + why);
    };
    try {
        const JsonDocument document{std::string(text)};
        const JsonNode& root = document.root();
        const JsonNode* choices = root.find("choices");
        if (!is(choices, JsonType::Array)) refuse("it has no choices");
        answer.onEvent({.kind = EventKind::Start, .id = str(root.find("id")), .name = str(root.find("model"))});
        std::uint32_t position = 0;
        for (const JsonNode* choice = choices->first(); choice != nullptr; choice = choice->next())
            readChoice(*choice, position++, answer);
        readUsage(root.find("usage"), answer);
    } catch (const JsonError& error) {
        refuse(error.what());
    }
    return answer;
}

std::string encodeEmbeddings(const ChatAggregate& answer, std::string_view model, bool base64) {
    std::vector<const ChatAggregate::Embedding*> sorted;
    for (const auto& embedding : answer.embeddings()) sorted.push_back(&embedding);
    std::ranges::sort(sorted, {}, [](const auto* entry) { return entry->index; });
    JsonWriter json;
    json.beginObject().field("object", "list").key("data").beginArray();
    for (const auto* embedding : sorted) {
        json.beginObject().field("object", "embedding").field("index", std::int64_t{embedding->index});
        json.rawField("embedding", vectorJson(*embedding, base64)).endObject();
    }
    const std::int64_t tokens = told(answer.usage().input);
    json.endArray().field("model", answer.model().empty() ? model : std::string_view(answer.model())).key("usage");
    json.beginObject().field("prompt_tokens", tokens).field("total_tokens", tokens).endObject();
    return json.endObject().take();
}

std::string encodeModel(const ModelEntry& model) {
    JsonWriter json;
    writeModel(json, model);
    return json.take();
}

std::string encodeModelList(const std::vector<ModelEntry>& models) {
    JsonWriter json;
    json.beginObject().field("object", "list").key("data").beginArray();
    for (const ModelEntry& model : models) writeModel(json, model);
    return json.endArray().endObject().take();
}

}  // namespace gw::protocol
