#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/chat_aggregate.h"
#include "protocol/chat_event.h"
#include "protocol/chat_request.h"

namespace gw::protocol {

/// The body of POST /v1/chat/completions. Only what the gateway itself reads is checked, every other field is the
/// provider's business. Throws Error(InvalidRequest) with the field as param. [any]
[[nodiscard]] ChatRequest parseChatRequest(std::string body);
/// The body of POST /v1/embeddings, as above.
[[nodiscard]] ChatRequest parseEmbeddingsRequest(std::string body);

/// Text of the last message of role user, its text parts joined with LF; empty if there is none. [any]
[[nodiscard]] std::string lastUserText(const JsonNode& request);
/// Whether any message has a part of type image_url.
[[nodiscard]] bool hasImages(const JsonNode& request) noexcept;

/// What an answer is called towards the client.
struct AnswerIdentity {
    std::string id;            // used if the provider gave none
    std::string model;         // used if the provider named none
    std::int64_t created = 0;  // Unix seconds
};

/// A chat.completion, which is also "gwp.chat.response/1" for middleware. [any]
[[nodiscard]] std::string encodeChatCompletion(const ChatAggregate& answer, const AnswerIdentity& identity);
/// The way back, for an answer that a middleware replaced. Throws Error(Internal) if it is no chat.completion.
[[nodiscard]] ChatAggregate parseChatCompletion(std::string_view json);

/// The list of an embeddings answer, in the order of the inputs; `base64` as the client asked. Throws
/// Error(UpstreamError) if what the provider sent are not vectors. [any]
[[nodiscard]] std::string encodeEmbeddings(const ChatAggregate& answer, std::string_view model, bool base64);

/// An object of GET /v1/models.
struct ModelEntry {
    std::string id;            // as clients are to write it
    std::string owned_by;      // the provider instance
    std::int64_t created = 0;  // Unix seconds
};
[[nodiscard]] std::string encodeModel(const ModelEntry& model);
[[nodiscard]] std::string encodeModelList(const std::vector<ModelEntry>& models);

/// {"prompt_tokens":…} with the details that are known; tokens that were not told count as 0.
void appendUsage(std::string& out, const Usage& usage);
/// An id for a tool call whose provider gave none; the same for the same place in the same answer.
[[nodiscard]] std::string toolCallId(std::string_view answer_id, std::uint32_t choice, std::size_t index);
/// A finish reason in OpenAI's words.
[[nodiscard]] std::string_view openAiFinish(std::string_view reason) noexcept;

}  // namespace gw::protocol
