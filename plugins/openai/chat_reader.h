#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "emitter.h"
#include "instance.h"
#include "think_splitter.h"
#include "tool_calls.h"

namespace openai {

/// Chat answers, chunk by chunk or whole, to canonical events. Tolerates what OpenAI-compatible servers do differently
/// and tells whether strict clients could read the same bytes. [call]
class ChatReader {
public:
    ChatReader(const Instance& instance, gwp_arena* arena, std::string_view request_id)
        : instance_(instance), arena_(arena), request_id_(request_id) {}

    /// Reads a chat.completion.chunk. True: its bytes conform.
    bool readChunk(Json root, Emitter& out);
    /// Reads a chat.completion. True: its bytes conform.
    bool readCompletion(Json root, Emitter& out);
    /// The upstream declared the end: choices that gave no reason end now.
    void close(Emitter& out);

    /// The error that the last object carried instead of, or beside, an answer; absent: none.
    [[nodiscard]] Json error() const { return error_; }
    /// Set when the provider gave as its finish reason that it broke off.
    [[nodiscard]] std::string_view brokenOff() const { return broken_off_; }
    /// Whether there was a choice, and every choice has ended.
    [[nodiscard]] bool finished() const;
    [[nodiscard]] bool begun() const { return choices_ != nullptr; }

private:
    struct Choice {
        std::uint32_t index = 0;
        bool finished = false;
        ThinkSplitter think;
        ToolCalls tools;
        Choice* next = nullptr;
    };
    struct Delta {
        Json role, content, refusal, reasoning, details, tools, function;
    };

    void read(Json root, Emitter& out);
    void readChoice(Json value, std::uint64_t position, Emitter& out);
    void readDelta(Json value, Choice& choice, Emitter& out);
    static Json* memberOf(Delta& delta, std::string_view key);
    Delta takeApart(Json value, Choice& choice, Emitter& out);
    void readReasoning(const Delta& delta, Choice& choice, Emitter& out);
    void readContent(Json content, Choice& choice, Emitter& out);
    void readPart(Json part, Choice& choice, Emitter& out);
    void readTool(Json call, std::uint64_t position, Choice& choice, Emitter& out);
    void readArguments(Json arguments, ToolCall& call, Choice& choice, Emitter& out);
    void beginTool(ToolCall& call, std::string_view name, Choice& choice, Emitter& out);
    void readFunction(Json function, Choice& choice, Emitter& out);
    void readFinish(std::string_view reason, Choice& choice, Emitter& out);
    void end(Choice& choice, std::string_view reason, Emitter& out);
    void readUsage(Json usage, Emitter& out);
    void text(std::string_view delta, Choice& choice, Emitter& out);
    Choice& choiceOf(std::int64_t index);
    [[nodiscard]] std::string callId(const Choice& choice, const ToolCall& call) const;

    const Instance& instance_;
    gwp_arena* arena_;
    std::string_view request_id_;
    Choice* choices_ = nullptr;
    bool started_ = false;
    bool whole_ = false;  // what is read is a completion, not a chunk
    bool conforms_ = true;
    Json error_;
    std::string_view broken_off_;
};

/// A finish reason in the canonical vocabulary; "error" for those that say the answer broke off, empty for no reason.
[[nodiscard]] std::string_view canonicalFinish(std::string_view reason);

}  // namespace openai
