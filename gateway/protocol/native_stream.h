#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/chat_event.h"

namespace gw::protocol {

/// Events to the server-sent events of POST /api/v1/chat/stream: start, delta, …, then end or error; each numbered in
/// `id:` from 1. A turn has one choice. The start waits for the first content, so that another candidate may still
/// answer. [loop]
class NativeStream {
public:
    NativeStream(std::string session_id, std::string message_id)
        : session_id_(std::move(session_id)), message_id_(std::move(message_id)) {}

    /// A candidate is asked: everything before is forgotten. Only while !begun().
    void start(std::string_view provider, std::string_view model);
    void encode(const ChatEvent& event, std::string& out);
    /// The real end, after the answer was stored.
    void finish(std::string& out);
    /// Instead of finish(). `error_json`: {"error":{…}}.
    void fail(std::string_view error_json, std::string& out);
    /// Whether content has been encoded.
    [[nodiscard]] bool begun() const noexcept { return begun_; }

private:
    void begin(std::string& out);
    void event(std::string_view name, std::string& out);
    void text(std::string_view member, std::string_view text, std::string& out);
    void toolStart(const ChatEvent& tool, std::string& out);
    void toolArgs(const ChatEvent& tool, std::string& out);

    std::string session_id_, message_id_;
    std::string provider_, model_, finish_reason_;
    Usage usage_;
    std::vector<std::uint32_t> tools_;  // their blocks; the place is the index that clients see
    std::uint64_t number_ = 0;
    bool begun_ = false;
};

}  // namespace gw::protocol
