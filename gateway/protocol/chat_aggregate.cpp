#include "protocol/chat_aggregate.h"

#include <algorithm>

#include "base/error.h"

namespace gw::protocol {
namespace {

/// What an entry costs beyond its bytes, so that a million empty ones are not free.
constexpr std::size_t kEntry = 64;
constexpr std::size_t kWarnings = 32;  // a provider that complains about every chunk is heard often enough

const ChatAggregate::Choice* firstChoice(const std::vector<ChatAggregate::Choice>& choices) noexcept {
    const auto found = std::ranges::find_if(choices, [](const auto& choice) { return choice.index == 0; });
    return found == choices.end() ? nullptr : &*found;
}

}  // namespace

void ChatAggregate::onEvent(const ChatEvent& event) {
    count(event);
    switch (event.kind) {
        case EventKind::Start:
            if (!event.id.empty()) id_ = event.id;
            if (!event.name.empty()) model_ = event.name;
            return;
        case EventKind::Text: choice(event.choice).text += event.text; return;
        case EventKind::Reasoning: choice(event.choice).reasoning += event.text; return;
        case EventKind::ToolStart: {
            ToolCall& call = tool(choice(event.choice), event.block);
            if (call.id.empty()) call.id = event.id;
            if (call.name.empty()) call.name = event.name;
            return;
        }
        case EventKind::ToolArgs: tool(choice(event.choice), event.block).arguments += event.text; return;
        case EventKind::Finish: choice(event.choice).finish_reason = event.name; return;
        case EventKind::Usage:
            if (event.usage != nullptr) usage_ = *event.usage;
            return;
        case EventKind::Embedding:
            embeddings_.push_back({event.block, std::string(event.json), std::string(event.data)});
            return;
        case EventKind::Warning: warn(event.text); return;
        default: return;  // a block's end, models and raw parts are no part of an answer
    }
}

void ChatAggregate::count(const ChatEvent& event) {
    const bool entry = event.kind == EventKind::ToolStart || event.kind == EventKind::Embedding;
    size_ += event.text.size() + event.id.size() + event.name.size() + event.json.size() + event.data.size() +
             (entry ? kEntry : 0);
    if (size_ <= limit_) return;
    throw Error(ErrorCode::UpstreamError, "The provider's answer is larger than this gateway accepts.",
                "the gathered answer is longer than " + std::to_string(limit_) + " bytes");
}

ChatAggregate::Choice& ChatAggregate::choice(std::uint32_t index) {
    for (Choice& known : choices_)
        if (known.index == index) return known;
    size_ += kEntry;
    choices_.emplace_back().index = index;
    return choices_.back();
}

ChatAggregate::ToolCall& ChatAggregate::tool(Choice& choice, std::uint32_t block) {
    for (ToolCall& known : choice.tools)
        if (known.block == block) return known;
    size_ += kEntry;
    choice.tools.emplace_back().block = block;
    return choice.tools.back();
}

void ChatAggregate::warn(std::string_view text) {
    if (warnings_.size() < kWarnings && std::ranges::find(warnings_, text) == warnings_.end())
        warnings_.emplace_back(text);
}

std::string_view ChatAggregate::text() const noexcept {
    const Choice* first = firstChoice(choices_);
    return first != nullptr ? std::string_view(first->text) : std::string_view();
}

std::string_view ChatAggregate::reasoning() const noexcept {
    const Choice* first = firstChoice(choices_);
    return first != nullptr ? std::string_view(first->reasoning) : std::string_view();
}

std::string_view ChatAggregate::finishReason() const noexcept {
    const Choice* first = firstChoice(choices_);
    return first != nullptr ? std::string_view(first->finish_reason) : std::string_view();
}

bool ChatAggregate::empty() const noexcept {
    const auto holds = [](const Choice& choice) {
        return !choice.text.empty() || !choice.reasoning.empty() || !choice.tools.empty();
    };
    return embeddings_.empty() && std::ranges::none_of(choices_, holds);
}

}  // namespace gw::protocol
