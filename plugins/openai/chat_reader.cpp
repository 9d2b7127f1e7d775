#include "chat_reader.h"

#include <algorithm>
#include <array>
#include <utility>

#include "usage.h"

namespace openai {
namespace {

constexpr std::int64_t kChoiceLimit = 128;

/// What JavaScript clients take for an error: `"error":null` and `""` are none.
bool isError(Json error) {
    if (error.isString()) return !error.str().empty();
    return error.isObject() || error.isTrue() || error.isNumber() || error.isArray();
}

/// Errors without an envelope: {"object":"error","message":…}, {"code":…,"message":…}, {"detail":…}.
bool isFlatError(Json root) {
    return root.at("/message").isString() || root.at("/object").str() == "error" || root.at("/detail").given();
}

bool isEmpty(Json value) {
    if (value.isString()) return value.str().empty();
    if (value.isArray() || value.isObject()) return value.size() == 0;
    return !value.given() || value.type() == GWP_JSON_FALSE;
}

bool isStandardFinish(std::string_view reason) {
    constexpr std::array<std::string_view, 5> kStandard{"stop", "length", "tool_calls", "content_filter",
                                                        "function_call"};
    return std::ranges::find(kStandard, reason) != kStandard.end();
}

}  // namespace

std::string_view canonicalFinish(std::string_view reason) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 34> kReasons{{
        {"stop", "stop"},
        {"length", "length"},
        {"tool_calls", "tool_calls"},
        {"content_filter", "content_filter"},
        {"function_call", "tool_calls"},
        {"", ""},
        {"null", ""},
        {"eos", "stop"},
        {"end_turn", "stop"},
        {"stop_sequence", "stop"},
        {"STOP", "stop"},
        {"COMPLETE", "stop"},
        {"complete", "stop"},
        {"completed", "stop"},
        {"max_tokens", "length"},
        {"MAX_TOKENS", "length"},
        {"max_output_tokens", "length"},
        {"model_length", "length"},
        {"model_context_window_exceeded", "length"},
        {"tool_use", "tool_calls"},
        {"tool_call", "tool_calls"},
        {"sensitive", "content_filter"},
        {"safety", "content_filter"},
        {"SAFETY", "content_filter"},
        {"RECITATION", "content_filter"},
        {"PROHIBITED_CONTENT", "content_filter"},
        {"refusal", "content_filter"},
        {"error", "error"},
        {"ERROR", "error"},
        {"network_error", "error"},
        {"insufficient_system_resource", "error"},
        {"abort", "error"},
        {"aborted", "error"},
        {"cancelled", "error"},
    }};
    const auto* found = std::ranges::find(kReasons, reason, &std::pair<std::string_view, std::string_view>::first);
    return found != kReasons.end() ? found->second : "other";
}

bool ChatReader::readChunk(Json root, Emitter& out) {
    whole_ = false;
    read(root, out);
    return conforms_;
}

bool ChatReader::readCompletion(Json root, Emitter& out) {
    whole_ = true;
    read(root, out);
    for (Choice* choice = choices_; choice != nullptr; choice = choice->next) {
        if (choice->finished) continue;
        conforms_ = false;
        end(*choice, "stop", out);
    }
    return conforms_;
}

void ChatReader::read(Json root, Emitter& out) {
    conforms_ = true;
    Json choices, usage, groq;
    std::string_view id, model;
    root.each([&](std::string_view key, Json value) {
        if (key == "choices")
            choices = value;
        else if (key == "id")
            id = value.str();
        else if (key == "model")
            model = value.str();
        else if (key == "usage")
            usage = value;
        else if (key == "error" && isError(value))
            error_ = root;
        else if (key == "x_groq")
            groq = value.at("/usage");
    });
    if (!error_.exists() && !choices.isArray() && isFlatError(root)) error_ = root;
    if (error_.exists()) return;
    conforms_ = choices.isArray() && !id.empty();
    if (!started_ && choices.size() > 0) {
        started_ = true;
        out.start(id, model);
    }
    std::uint64_t position = 0;
    choices.each([&](std::string_view, Json value) { readChoice(value, position++, out); });
    readUsage(groq, out);
    readUsage(usage, out);
}

void ChatReader::readChoice(Json value, std::uint64_t position, Emitter& out) {
    Json delta, index, usage;
    std::string_view finish;
    bool odd_finish = false;
    value.each([&](std::string_view key, Json member) {
        if (key == "delta" || key == "message")
            delta = member;
        else if (key == "index")
            index = member;
        else if (key == "finish_reason") {
            finish = member.str();
            odd_finish = member.given() && !isStandardFinish(finish);
        } else if (key == "usage")
            usage = member;
        else if (key == "error" && isError(member))
            error_ = value;
    });
    if (error_.exists()) return;
    if (odd_finish || !index.isNumber() || !delta.isObject()) conforms_ = false;
    Choice& choice = choiceOf(index.i64(static_cast<std::int64_t>(position)));
    if (delta.isObject()) readDelta(delta, choice, out);
    if (!finish.empty()) readFinish(finish, choice, out);
    readUsage(usage, out);
}

Json* ChatReader::memberOf(Delta& delta, std::string_view key) {
    if (key == "content") return &delta.content;
    if (key == "role") return &delta.role;
    if (key == "tool_calls") return &delta.tools;
    if (key == "reasoning_content" || key == "reasoning") return &delta.reasoning;
    if (key == "reasoning_details") return &delta.details;
    if (key == "refusal") return &delta.refusal;
    return key == "function_call" ? &delta.function : nullptr;
}

ChatReader::Delta ChatReader::takeApart(Json value, Choice& choice, Emitter& out) {
    Delta delta;
    value.each([&](std::string_view key, Json member) {
        if (!member.given() || key == "index") return;
        Json* known = memberOf(delta, key);
        if (known == nullptr) {
            if (!isEmpty(member)) out.raw(choice.index, key, member.raw());
        } else if (known->str().empty()) {  // reasoning may stand there under both of its names
            *known = member;
        }
    });
    return delta;
}

void ChatReader::readDelta(Json value, Choice& choice, Emitter& out) {
    const Delta delta = takeApart(value, choice, out);
    if (delta.role.given() && delta.role.str() != "assistant") conforms_ = false;
    readReasoning(delta, choice, out);
    readContent(delta.content, choice, out);
    if (delta.refusal.given() && !delta.refusal.isString()) conforms_ = false;
    out.text(choice.index, delta.refusal.str());
    if (delta.tools.given() && !delta.tools.isArray()) conforms_ = false;
    std::uint64_t position = 0;
    if (delta.tools.isArray())
        delta.tools.each([&](std::string_view, Json call) { readTool(call, position++, choice, out); });
    if (delta.function.isObject()) readFunction(delta.function, choice, out);
}

void ChatReader::readReasoning(const Delta& delta, Choice& choice, Emitter& out) {
    if (!delta.reasoning.str().empty()) return out.reasoning(choice.index, delta.reasoning.str());
    if (!delta.details.isArray()) return;
    delta.details.each([&](std::string_view, Json detail) {
        const std::string_view text = detail.at("/text").str();
        out.reasoning(choice.index, text.empty() ? detail.at("/summary").str() : text);
    });
}

void ChatReader::readContent(Json content, Choice& choice, Emitter& out) {
    if (content.isString()) return text(content.str(), choice, out);
    if (!content.given()) return;
    conforms_ = false;
    if (content.isArray()) content.each([&](std::string_view, Json part) { readPart(part, choice, out); });
}

void ChatReader::readPart(Json part, Choice& choice, Emitter& out) {
    if (part.isString()) return text(part.str(), choice, out);
    const std::string_view type = part.at("/type").str();
    if (type == "thinking" || type == "reasoning") {
        const Json thinking = part.at(type == "thinking" ? "/thinking" : "/text");
        if (thinking.isString()) return out.reasoning(choice.index, thinking.str());
        return thinking.each([&](std::string_view, Json piece) {
            out.reasoning(choice.index, piece.isString() ? piece.str() : piece.at("/text").str());
        });
    }
    if (const Json words = part.at("/text"); words.isString()) return text(words.str(), choice, out);
    out.raw(choice.index, "content", part.raw());
}

void ChatReader::text(std::string_view delta, Choice& choice, Emitter& out) {
    if (!instance_.thinkTag()) return out.text(choice.index, delta);
    while (!delta.empty()) {
        const auto piece = choice.think.next(delta);
        piece.reasoning ? out.reasoning(choice.index, piece.text) : out.text(choice.index, piece.text);
    }
}

void ChatReader::readTool(Json call, std::uint64_t position, Choice& choice, Emitter& out) {
    const Json index = call.at("/index");
    const bool custom = call.at("/type").str() == "custom" || call.at("/custom").isObject();
    const Json function = call.at(custom ? "/custom" : "/function");
    const Json name = function.at("/name");
    const ToolFragment fragment{index.i64(-1), call.at("/id").str(), name.str(), position == 0};
    ToolCall& tool = choice.tools.resolve(arena_, fragment);
    if (!whole_ && index.i64(-1) != static_cast<std::int64_t>(tool.block)) conforms_ = false;
    const bool repeats = tool.begun && (!fragment.id.empty() || !fragment.name.empty());
    const bool lacks = !tool.begun && (fragment.id.empty() || fragment.name.empty() || call.at("/type").str().empty());
    if (repeats || lacks) conforms_ = false;
    if (!tool.begun && !fragment.name.empty()) beginTool(tool, fragment.name, choice, out);
    readArguments(function.at(custom ? "/input" : "/arguments"), tool, choice, out);
}

void ChatReader::beginTool(ToolCall& call, std::string_view name, Choice& choice, Emitter& out) {
    call.begun = true;
    call.name = keep(arena_, name);
    if (call.id.empty()) call.id = keep(arena_, callId(choice, call));
    out.toolStart(choice.index, call.block, call.id, name);
}

void ChatReader::readArguments(Json arguments, ToolCall& call, Choice& choice, Emitter& out) {
    const bool structured = arguments.isObject() || arguments.isArray();
    const std::string_view text = structured ? arguments.raw() : arguments.str();
    if (structured || (whole_ && text.empty())) conforms_ = false;
    if (text.empty()) return;
    if (!call.begun) beginTool(call, {}, choice, out);
    call.has_args = true;
    out.toolArgs(choice.index, call.block, text);
}

/// The form before tools: one call, without an id. Who asked for it reads it, so its bytes may pass.
void ChatReader::readFunction(Json function, Choice& choice, Emitter& out) {
    const ToolFragment fragment{0, {}, function.at("/name").str(), true};
    ToolCall& tool = choice.tools.resolve(arena_, fragment);
    if (!tool.begun && !fragment.name.empty()) beginTool(tool, fragment.name, choice, out);
    readArguments(function.at("/arguments"), tool, choice, out);
}

void ChatReader::readFinish(std::string_view reason, Choice& choice, Emitter& out) {
    const std::string_view canonical = canonicalFinish(reason);
    if (canonical == "error") {
        broken_off_ = keep(arena_, reason);
        return;
    }
    if (choice.finished && !canonical.empty()) conforms_ = false;  // told once already
    if (!canonical.empty()) end(choice, canonical, out);
}

void ChatReader::end(Choice& choice, std::string_view reason, Emitter& out) {
    if (std::exchange(choice.finished, true)) return;
    const auto rest = choice.think.finish();
    rest.reasoning ? out.reasoning(choice.index, rest.text) : out.text(choice.index, rest.text);
    for (ToolCall* call = choice.tools.first(); call != nullptr; call = call->next) {
        if (call->has_args) continue;
        conforms_ = false;
        if (!call->begun) beginTool(*call, {}, choice, out);
        out.toolArgs(choice.index, call->block, "{}");
    }
    // A forced function ends with "stop": the calls tell, not the reason.
    out.finish(choice.index, reason == "stop" && !choice.tools.empty() ? "tool_calls" : reason);
}

void ChatReader::close(Emitter& out) {
    for (Choice* choice = choices_; choice != nullptr; choice = choice->next) end(*choice, "stop", out);
}

bool ChatReader::finished() const {
    for (const Choice* choice = choices_; choice != nullptr; choice = choice->next)
        if (!choice->finished) return false;
    return choices_ != nullptr;
}

void ChatReader::readUsage(Json usage, Emitter& out) {
    const UsageReading reading = openai::readUsage(usage);
    if (reading.odd) conforms_ = false;
    if (reading.told()) out.usage(reading.usage);
}

ChatReader::Choice& ChatReader::choiceOf(std::int64_t index) {
    const auto wanted = static_cast<std::uint32_t>(std::clamp(index, std::int64_t{0}, kChoiceLimit));
    Choice** place = &choices_;
    while (*place != nullptr) {
        if ((*place)->index == wanted) return **place;
        place = &(*place)->next;
    }
    *place = make<Choice>(arena_);
    (*place)->index = wanted;
    return **place;
}

std::string ChatReader::callId(const Choice& choice, const ToolCall& call) const {
    std::string id = "call_";
    id += request_id_;
    id += '_' + std::to_string(choice.index) + '_' + std::to_string(call.block);
    return id;
}

}  // namespace openai
