#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/strong_id.h"
#include "io/cancellation.h"
#include "io/event_loop.h"
#include "plugin_host/provider.h"
#include "protocol/chat_request.h"
#include "protocol/native_codec.h"

namespace gw::chat {

using Operation = plugin_host::Operation;

/// What the spine needs of a request, without HTTP. The door fills it; the spine writes down what it learns for the
/// access log. Lives as long as the request. [loop]
struct Incoming {
    Operation operation = Operation::Chat;
    std::string body;                                 // OpenAI doors: the JSON the client sent
    std::optional<protocol::NativeChatRequest> turn;  // the native door: one turn of a stored session
    std::string_view route, credential, peer, trace_parent;
    RequestId request_id;
    std::function<std::string_view(std::string_view)> header;  // lower-case name -> value
    std::function<void(std::string_view, std::string_view)> set_response_header;
    io::EventLoop* loop = nullptr;
    io::Cancellation* cancellation = nullptr;

    // What was learnt on the way.
    std::string key_prefix, model, provider;
    std::int64_t input_tokens = -1, output_tokens = -1;
    bool client_gone = false;
};

/// The new message of a turn as middleware sees it, before the history is read: a canonical chat request. [any]
[[nodiscard]] std::string canonicalMessage(const protocol::NativeChatRequest& turn);
/// The content (JSON) of the last message of a canonical request, after middleware may have changed it.
[[nodiscard]] std::string lastContent(std::string request);

}  // namespace gw::chat
