#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

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

/// An object of GET /v1/models.
struct ModelEntry {
    std::string id;            // as clients are to write it
    std::string owned_by;      // the provider instance
    std::int64_t created = 0;  // Unix seconds
};
[[nodiscard]] std::string encodeModel(const ModelEntry& model);
[[nodiscard]] std::string encodeModelList(const std::vector<ModelEntry>& models);

/// {"prompt_tokens":..} with the details that are known; tokens that were not told count as 0.
void appendUsage(std::string& out, const Usage& usage);

}  // namespace gw::protocol
