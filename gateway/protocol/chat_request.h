#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "protocol/json.h"

namespace gw::protocol {

/// What is asked of a provider: the canonical request ("gwp.chat.request/1", a superset of OpenAI's chat body, or an
/// embeddings body) with what the gateway itself needs of it. The document is what the client sent, byte for byte,
/// unless a middleware or a session replaced it.
struct ChatRequest {
    std::shared_ptr<const JsonDocument> document;
    std::string model;  // as the client wrote it
    bool stream = false;
    bool include_usage = false;  // stream_options.include_usage
    bool has_images = false;
    bool base64 = false;                     // embeddings only: encoding_format
    std::optional<std::int64_t> max_tokens;  // max_completion_tokens, else max_tokens
};

}  // namespace gw::protocol
