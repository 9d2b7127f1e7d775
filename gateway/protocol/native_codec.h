#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "protocol/chat_aggregate.h"

namespace gw::protocol {

/// The body of POST /api/v1/chat and /api/v1/chat/stream.
struct NativeChatRequest {
    std::string session_id;  // empty: a new session is wanted
    std::string content;     // JSON: a string, or an array of text and image_url parts
    std::string text;        // the message's text alone, for titles and searches
    std::string config;      // a JSON object; empty: none
    bool stream = false;
    bool has_images = false;
};

/// Throws Error(InvalidRequest) or, for a field that this route does not know, Error(UnknownField), both with the field
/// as param. [any]
[[nodiscard]] NativeChatRequest parseNativeChatRequest(std::string body);

/// Checks a session's or a request's `config`: an object without the fields that are the gateway's own. Throws
/// Error(InvalidRequest); `where` begins the param. [any]
void checkChatConfig(std::string_view json, std::string_view where);

struct HistoryMessage {
    std::string_view role;     // "user" or "assistant"
    std::string_view content;  // JSON: text or parts
};

/// One turn as it goes to a provider.
struct ChatTurn {
    std::string_view model;
    std::string_view system_prompt;           // text; empty: none
    std::vector<HistoryMessage> history;      // oldest first
    std::string_view content;                 // JSON, of the new message
    std::string_view session_config, config;  // JSON objects or empty; the latter wins
    bool stream = false;
};
/// The canonical chat request of a turn ("gwp.chat.request/1"). [any]
[[nodiscard]] std::string encodeChatTurn(const ChatTurn& turn);

/// A stored answer as the native door shows it.
struct NativeAnswer {
    std::string_view session_id, message_id, model, provider;
    std::string_view status = "complete";  // or partial, failed
    WallTime created_at;
};
/// {session_id, message:{…}, usage}. [any]
[[nodiscard]] std::string encodeNativeAnswer(const ChatAggregate& answer, const NativeAnswer& facts);

/// {"input_tokens":…,"output_tokens":…,"total_tokens":…} with the details that are known; null if nothing was told.
/// [any]
void appendNativeUsage(std::string& out, const Usage& usage);

}  // namespace gw::protocol
