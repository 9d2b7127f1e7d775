#include "protocol/native_stream.h"

#include <algorithm>

#include "base/text.h"
#include "protocol/json_writer.h"
#include "protocol/native_codec.h"

namespace gw::protocol {

void NativeStream::start(std::string_view provider, std::string_view model) {
    provider_ = provider;
    model_ = model;
    finish_reason_.clear();
    usage_ = {};
    tools_.clear();
}

void NativeStream::encode(const ChatEvent& event, std::string& out) {
    switch (event.kind) {
        case EventKind::Start:
            if (!event.name.empty() && !begun_) model_ = event.name;
            return;
        case EventKind::Text: return text("content", event.text, out);
        case EventKind::Reasoning: return text("reasoning", event.text, out);
        case EventKind::ToolStart: return toolStart(event, out);
        case EventKind::ToolArgs: return toolArgs(event, out);
        case EventKind::Finish:
            if (event.choice == 0) finish_reason_ = event.name;
            return;
        case EventKind::Usage:
            if (event.usage != nullptr) usage_ = *event.usage;
            return;
        default: return;
    }
}

void NativeStream::text(std::string_view member, std::string_view text, std::string& out) {
    if (text.empty()) return;
    begin(out);
    event("delta", out);
    out += "{\"";
    out += member;
    out += "\":";
    appendJsonString(out, text);
    out += "}\n\n";
}

void NativeStream::toolStart(const ChatEvent& tool, std::string& out) {
    if (std::ranges::find(tools_, tool.block) != tools_.end()) return;
    begin(out);
    tools_.push_back(tool.block);
    event("delta", out);
    JsonWriter json;
    json.beginObject().key("tool_call").beginObject();
    json.field("index", static_cast<std::int64_t>(tools_.size() - 1)).field("id", tool.id).field("name", tool.name);
    out += json.endObject().endObject().take() + "\n\n";
}

void NativeStream::toolArgs(const ChatEvent& tool, std::string& out) {
    if (tool.text.empty()) return;
    toolStart({.kind = EventKind::ToolStart, .block = tool.block}, out);  // if it never began
    const auto index = std::ranges::find(tools_, tool.block) - tools_.begin();
    event("delta", out);
    JsonWriter json;
    json.beginObject().key("tool_call").beginObject();
    json.field("index", std::int64_t{index}).field("arguments", tool.text);
    out += json.endObject().endObject().take() + "\n\n";
}

void NativeStream::begin(std::string& out) {
    if (begun_) return;
    begun_ = true;
    event("start", out);
    JsonWriter json;
    json.beginObject().field("session_id", session_id_).field("message_id", message_id_);
    json.field("model", model_).field("provider", provider_).endObject();
    out += json.take() + "\n\n";
}

/// The lines of an event up to its data.
void NativeStream::event(std::string_view name, std::string& out) {
    out += "id: " + std::to_string(++number_) + "\nevent: ";
    out += name;
    out += "\ndata: ";
}

void NativeStream::finish(std::string& out) {
    begin(out);
    event("end", out);
    std::string usage;
    appendNativeUsage(usage, usage_);
    JsonWriter json;
    json.beginObject().field("message_id", message_id_);
    json.field("finish_reason", finish_reason_.empty() ? "other" : finish_reason_);
    out += json.rawField("usage", usage).endObject().take() + "\n\n";
}

void NativeStream::fail(std::string_view error_json, std::string& out) {
    event("error", out);
    out += error_json;
    out += "\n\n";
}

}  // namespace gw::protocol
