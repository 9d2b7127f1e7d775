#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/chat_event.h"

namespace gw::protocol {

/// A complete answer, gathered event by event: for clients that do not stream, for stored messages, for middleware. A
/// value; onEvent() throws Error(UpstreamError) when the answer outgrows `limit` bytes. [loop]
class ChatAggregate final : public EventSink {
public:
    static constexpr std::size_t kLimit = std::size_t{32} << 20;
    ChatAggregate() = default;
    explicit ChatAggregate(std::size_t limit) : limit_(limit) {}

    struct ToolCall {
        std::uint32_t block = 0;
        std::string id, name, arguments;
    };
    struct Choice {
        std::uint32_t index = 0;
        std::string text, reasoning, finish_reason;
        std::vector<ToolCall> tools;  // in the order of their beginning
    };
    struct Embedding {
        std::uint32_t index = 0;
        std::string json, data;  // one of them: an array of numbers, or packed float32 LE
    };

    void onEvent(const ChatEvent& event) override;

    [[nodiscard]] const std::vector<Choice>& choices() const noexcept {
        return choices_;
    }  // in the order of their beginning
    [[nodiscard]] const std::vector<Embedding>& embeddings() const noexcept { return embeddings_; }
    [[nodiscard]] const std::vector<std::string>& warnings() const noexcept { return warnings_; }
    [[nodiscard]] const Usage& usage() const noexcept { return usage_; }
    [[nodiscard]] const std::string& id() const noexcept { return id_; }        // the provider's; may be empty
    [[nodiscard]] const std::string& model() const noexcept { return model_; }  // that answered; may be empty
    /// Of choice 0; empty if it never came.
    [[nodiscard]] std::string_view text() const noexcept;
    [[nodiscard]] std::string_view reasoning() const noexcept;
    [[nodiscard]] std::string_view finishReason() const noexcept;
    /// Whether there is nothing that a client could use: no text, no reasoning, no tool call, no embedding.
    [[nodiscard]] bool empty() const noexcept;

private:
    Choice& choice(std::uint32_t index);
    ToolCall& tool(Choice& choice, std::uint32_t block);
    void count(const ChatEvent& event);
    void warn(std::string_view text);

    std::size_t limit_ = kLimit;
    std::size_t size_ = 0;
    std::vector<Choice> choices_;
    std::vector<Embedding> embeddings_;
    std::vector<std::string> warnings_;
    Usage usage_;
    std::string id_, model_;
};

}  // namespace gw::protocol
