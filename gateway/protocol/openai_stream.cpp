#include "protocol/openai_stream.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace gw::protocol {
namespace {

/// What is kept of a provider's frames before its first content; they carry no content, so the rest may go missing.
constexpr std::size_t kHeldLimit = std::size_t{64} << 10;

void appendMember(std::string& out, std::string_view member, std::string_view value) {
    out += '"';
    out += member;
    out += "\":";
    appendJsonString(out, value);
}

/// Whether a chunk names its role, as every choice's first one must. In a content string the quotes would be escaped.
bool hasRole(std::string_view data) {
    constexpr std::string_view kRole = "\"role\"";
    for (std::size_t at = data.find(kRole); at != std::string_view::npos; at = data.find(kRole, at + 1)) {
        const std::size_t value = data.find_first_not_of(" \t\n:", at + kRole.size());
        if (value != std::string_view::npos && data.substr(value).starts_with("\"assistant\"")) return true;
    }
    return false;
}

}  // namespace

OpenAiStream::OpenAiStream(AnswerIdentity identity, bool include_usage)
    : identity_(std::move(identity)), include_usage_(include_usage) {
    start({});
}

void OpenAiStream::start(std::string_view model) {
    id_ = identity_.id;
    model_ = model.empty() ? std::string_view(identity_.model) : model;
    usage_ = {};
    usage_sent_ = false;
    choices_.clear();
    held_.clear();
    new_choices_.clear();
    rebuildHead();
}

void OpenAiStream::rebuildHead() {
    head_ = "data: {";
    appendMember(head_, "id", id_);
    head_ += R"(,"object":"chat.completion.chunk","created":)" + std::to_string(identity_.created) + ',';
    appendMember(head_, "model", model_);
    head_ += R"(,"choices":[)";
}

void OpenAiStream::encode(const ChatEvent& event, std::string& out) {
    switch (event.kind) {
        case EventKind::Start: return learn(event);
        case EventKind::Text: return text(event, "content", out);
        case EventKind::Reasoning: return text(event, "reasoning_content", out);
        case EventKind::ToolStart: return toolStart(event, out);
        case EventKind::ToolArgs: return toolArgs(event, out);
        case EventKind::Finish: return end(event, out);
        case EventKind::Usage:
            saw_usage_ = true;
            if (event.usage != nullptr) usage_ = *event.usage;
            return;
        default: saw_other_ = true; return;  // no place for it in this wire form, but the upstream's own bytes may go
    }
}

void OpenAiStream::learn(const ChatEvent& start) {
    saw_other_ = true;
    if (begun_) return;  // a stream keeps one id and one model
    if (!start.id.empty()) id_ = start.id;
    if (!start.name.empty()) model_ = start.name;
    rebuildHead();
}

OpenAiStream::Choice& OpenAiStream::choice(std::uint32_t index) {
    for (Choice& known : choices_)
        if (known.index == index) return known;
    choices_.emplace_back().index = index;
    return choices_.back();
}

/// Begins a chunk of this choice, after the chunk with its role if it is the first: up to the inside of "delta".
void OpenAiStream::open(std::uint32_t index, std::string& out) {
    begun_ = saw_content_ = true;
    if (!std::exchange(choice(index).role_sent, true)) {
        new_choices_.push_back(index);
        appendRole(index, out);
    }
    begin(index, out);
}

void OpenAiStream::begin(std::uint32_t index, std::string& out) const {
    out += head_;
    out += R"({"index":)";
    out += std::to_string(index);
    out += R"(,"delta":{)";
}

void OpenAiStream::appendRole(std::uint32_t index, std::string& out) const {
    begin(index, out);
    out += R"("role":"assistant","content":"")";
    close({}, out);
}

void OpenAiStream::close(std::string_view finish_reason, std::string& out) const {
    out += R"(},"logprobs":null,"finish_reason":)";
    if (finish_reason.empty())
        out += "null";
    else
        appendJsonString(out, finish_reason);
    out += include_usage_ ? "}],\"usage\":null}\n\n" : "}]}\n\n";
}

void OpenAiStream::text(const ChatEvent& event, std::string_view member, std::string& out) {
    if (event.text.empty()) return;
    open(event.choice, out);
    appendMember(out, member, event.text);
    close({}, out);
}

void OpenAiStream::toolStart(const ChatEvent& event, std::string& out) {
    Choice& known = choice(event.choice);
    if (std::ranges::find(known.blocks, event.block) != known.blocks.end()) return;
    const std::size_t index = known.blocks.size();
    known.blocks.push_back(event.block);
    open(event.choice, out);
    out += R"("tool_calls":[{"index":)" + std::to_string(index) + ',';
    appendMember(out, "id", event.id.empty() ? toolCallId(id_, event.choice, index) : event.id);
    out += R"(,"type":"function","function":{)";
    appendMember(out, "name", event.name);
    out += R"(,"arguments":""}}])";
    close({}, out);
}

void OpenAiStream::toolArgs(const ChatEvent& event, std::string& out) {
    if (event.text.empty()) return;
    toolStart({.kind = EventKind::ToolStart, .choice = event.choice, .block = event.block}, out);  // if it never began
    const auto& blocks = choice(event.choice).blocks;
    const auto index = std::ranges::find(blocks, event.block) - blocks.begin();
    open(event.choice, out);
    out += R"("tool_calls":[{"index":)" + std::to_string(index) + R"(,"function":{)";
    appendMember(out, "arguments", event.text);
    out += "}}]";
    close({}, out);
}

void OpenAiStream::end(const ChatEvent& event, std::string& out) {
    if (std::exchange(choice(event.choice).finished, true)) return;
    open(event.choice, out);
    close(openAiFinish(event.name), out);
}

void OpenAiStream::mark(const std::string& out) noexcept {
    mark_ = out.size();
    new_choices_.clear();
    saw_content_ = saw_usage_ = saw_other_ = false;
}

void OpenAiStream::passThrough(std::string_view data, std::string& out) {
    out.resize(mark_);
    if (!saw_content_) return passAside(data, out);
    out += std::exchange(held_, {});
    if (!new_choices_.empty() && !hasRole(data))
        for (const std::uint32_t index : new_choices_) appendRole(index, out);
    appendRaw(data, out);
}

/// A frame without content.
void OpenAiStream::passAside(std::string_view data, std::string& out) {
    if (!saw_other_ && !(saw_usage_ && include_usage_)) return;
    if (!saw_other_) usage_sent_ = true;
    if (begun_) return appendRaw(data, out);
    if (held_.size() + data.size() > kHeldLimit) return;
    if (hasRole(data)) choice(0).role_sent = true;
    appendRaw(data, held_);
}

void OpenAiStream::appendRaw(std::string_view data, std::string& out) {
    out += "data: ";
    const std::size_t begin = out.size();
    out += data;
    // JSON over several data lines has its LF between tokens, where a blank does as well.
    if (data.find('\n') != std::string_view::npos)
        std::replace(out.begin() + static_cast<std::ptrdiff_t>(begin), out.end(), '\n', ' ');
    out += "\n\n";
}

void OpenAiStream::finish(std::string& out) {
    out += std::exchange(held_, {});
    if (include_usage_ && !usage_sent_ && usage_.told()) {
        out += head_;
        out += R"(],"usage":)";
        appendUsage(out, usage_);
        out += "}\n\n";
    }
    out += "data: [DONE]\n\n";
}

}  // namespace gw::protocol
