#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/chat_event.h"
#include "protocol/openai_codec.h"

namespace gw::protocol {

/// Events to the server-sent events of a streamed chat.completion: per choice first the role, then deltas, then one
/// chunk with the reason of the end; usage in a chunk of its own if asked; "[DONE]" from finish() alone. Sees every
/// event, also those whose bytes are then replaced by the upstream's own (mark, events, passThrough). [loop]
class OpenAiStream {
public:
    OpenAiStream(AnswerIdentity identity, bool include_usage);

    /// Another candidate is asked: everything before is forgotten. Only while !begun().
    void start(std::string_view model);
    void encode(const ChatEvent& event, std::string& out);
    /// A frame of the upstream begins; `out` as it is now.
    void mark(const std::string& out) noexcept;
    /// Puts the frame's own JSON in the place of what encode() has written since mark(). A frame without content waits
    /// for the first content, so that another candidate may still answer; one that only tells a usage nobody asked for
    /// is dropped.
    void passThrough(std::string_view data, std::string& out);
    /// The real end: usage if asked, then "[DONE]".
    void finish(std::string& out);
    /// Whether content has been encoded.
    [[nodiscard]] bool begun() const noexcept { return begun_; }

private:
    struct Choice {
        std::uint32_t index = 0;
        bool role_sent = false, finished = false;
        std::vector<std::uint32_t> blocks;  // of tool calls; the place is the index that clients see
    };

    void learn(const ChatEvent& start);
    void rebuildHead();
    Choice& choice(std::uint32_t index);
    void text(const ChatEvent& event, std::string_view member, std::string& out);
    void toolStart(const ChatEvent& event, std::string& out);
    void toolArgs(const ChatEvent& event, std::string& out);
    void end(const ChatEvent& event, std::string& out);
    void open(std::uint32_t index, std::string& out);
    void close(std::string_view finish_reason, std::string& out) const;
    void begin(std::uint32_t index, std::string& out) const;
    void appendRole(std::uint32_t index, std::string& out) const;
    void passAside(std::string_view data, std::string& out);
    static void appendRaw(std::string_view data, std::string& out);

    AnswerIdentity identity_;
    std::string id_, model_;  // of this candidate
    std::string head_;        // of every chunk, up to "choices":[
    Usage usage_;
    bool include_usage_;
    bool usage_sent_ = false;
    bool begun_ = false;
    std::vector<Choice> choices_;
    std::string held_;  // an upstream's frames before its first content

    // Since mark():
    std::size_t mark_ = 0;
    std::vector<std::uint32_t> new_choices_;  // whose role was encoded
    bool saw_content_ = false, saw_usage_ = false, saw_other_ = false;
};

}  // namespace gw::protocol
