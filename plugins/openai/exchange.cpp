#include "exchange.h"

#include <algorithm>

#include "listing.h"
#include "request_body.h"
#include "retry_hint.h"

namespace openai {
namespace {

bool isGood(std::uint32_t status) {
    return status >= 200 && status < 300;
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kBlank = " \t\r\n";
    const std::size_t begin = text.find_first_not_of(kBlank);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

bool startsWith(std::string_view text, std::string_view lead) {
    return text.substr(0, lead.size()) == lead;
}

/// What stands behind `lead` at the front of `text`, which is cut off with its blanks.
bool takeLead(std::string_view& text, std::string_view lead) {
    if (!startsWith(text, lead)) return false;
    text = trimmed(text.substr(lead.size()));
    return true;
}

}  // namespace

Exchange::Exchange(const Instance& instance, const gwp_op& op)
    : instance_(instance), op_(op), chat_(instance, op.arena, gwp::sv(op.request_id)), scratch_(op.arena) {}

std::string_view Exchange::path() const {
    switch (op_.kind) {
        case GWP_OP_CHAT: return "/chat/completions";
        case GWP_OP_EMBED: return "/embeddings";
        case GWP_OP_MODELS: return "/models";
        default: throw gwp::error(GWP_E_UNSUPPORTED, "this operation is not offered", "not_supported", 400);
    }
}

void Exchange::build(std::uint32_t /*step*/, gwp::request_writer out) {
    const bool list = op_.kind == GWP_OP_MODELS;
    out.start(list ? "GET" : "POST", path());
    instance_.writeHeaders(out, op_.arena);
    if (!list) writeRequest(out);
}

void Exchange::writeRequest(gwp::request_writer out) const {
    out.header("content-type", "application/json");
    const bool chat = op_.kind == GWP_OP_CHAT;
    const BodyEdits edits{gwp::sv(op_.model), chat, op_.stream != 0,
                          chat && op_.stream != 0 && instance_.usageInStream()};
    const bool parsed = GWP_HAS(&op_, gwp_op, request) && op_.request != nullptr;
    const std::string_view text = gwp::sv(op_.request_json);
    const Json root = parsed ? Json(instance_.json(), op_.request) : instance_.parse(op_.arena, text);
    // Values are ranges of the text that was parsed, which need not be the one handed over: the root tells where it is.
    writeBody(root.raw(), root, edits, out);
}

/// What is neither clearly events nor clearly JSON is read line by line, which serves both.
std::uint32_t Exchange::framingOf(std::string_view content_type) const {
    if (!isGood(status_) || op_.kind != GWP_OP_CHAT) return GWP_FRAME_WHOLE;
    if (startsWith(content_type, "text/event-stream")) return GWP_FRAME_SSE;
    if (op_.stream == 0 || startsWith(content_type, "application/json")) return GWP_FRAME_WHOLE;
    return GWP_FRAME_LINES;
}

std::uint32_t Exchange::on_head(const gwp_http_head& head) {
    status_ = head.status;
    std::string_view content_type;
    for (std::uint64_t i = 0; i < head.n_headers; ++i)
        if (gwp::sv(head.headers[i].key) == "content-type") content_type = gwp::sv(head.headers[i].value);
    if (!isGood(status_)) retry_hint_ms_ = retryHint(head, gwp::host->now_unix_ms(instance_.context()));
    return framing_ = framingOf(content_type);
}

gwp_status Exchange::on_data(const gwp_frame& frame, gwp::events events) {
    if (done_) return GWP_REFORM;  // nothing behind the end belongs to the answer
    scratch_ = GWP_HAS(&frame, gwp_frame, arena) && frame.arena != nullptr ? frame.arena : op_.arena;
    Emitter out(events);
    const std::string_view data = gwp::sv(frame.data);
    switch (framing_) {
        case GWP_FRAME_SSE: return onEvent(gwp::sv(frame.name), data, out);
        case GWP_FRAME_LINES: return onLine(trimmed(data), out);
        default: return onBody(data, out);
    }
}

gwp_status Exchange::onEvent(std::string_view name, std::string_view data, Emitter& out) {
    if (data.empty() || data.front() != '{') {
        data = trimmed(data);
        if (startsWith(data, "[DONE]")) return onDone(out);
        if (data.empty() || name == "ping" || name == "heartbeat") return GWP_REFORM;
    }
    const gwp_status verdict = onChunk(name, instance_.parse(scratch_, data), out);
    return verdict == GWP_OK && op_.stream == 0 ? GWP_REFORM : verdict;
}

gwp_status Exchange::onDone(Emitter& out) {
    done_ = true;
    if (!chat_.finished()) chat_.close(out);
    return GWP_REFORM;
}

gwp_status Exchange::onChunk(std::string_view name, Json root, Emitter& out) {
    if (name == "error" || root.isArray()) fail(classify(status_, root, 0));
    bool conforms = false;
    if (root.at("/choices/0/message").exists())
        chat_.readCompletion(root, out);  // a whole answer sent as the only event
    else
        conforms = chat_.readChunk(root, out);
    throwIfChatFailed();
    return conforms ? GWP_OK : GWP_REFORM;
}

void Exchange::throwIfChatFailed() const {
    if (chat_.error().exists()) fail(classify(status_, chat_.error(), 0));
    if (!chat_.brokenOff().empty()) fail(brokenOff(chat_.brokenOff()));
}

gwp_status Exchange::onBody(std::string_view body, Emitter& out) {
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    takeLead(body, kByteOrderMark);
    body = trimmed(body);
    if (!isGood(status_)) onErrorBody(body);
    if (startsWith(body, "data:") || startsWith(body, "event:") || startsWith(body, ":")) return onEventBody(body, out);
    return onAnswer(instance_.parse(scratch_, body), out);
}

/// Server-sent events under a content type that promised JSON.
gwp_status Exchange::onEventBody(std::string_view body, Emitter& out) {
    while (!body.empty() && !done_) {
        const std::size_t end = std::min(body.find_first_of("\r\n"), body.size());
        const std::string_view line = trimmed(body.substr(0, end));
        body.remove_prefix(std::min(end + 1, body.size()));
        onLine(line, out);
    }
    answered_ = chat_.finished();
    return GWP_REFORM;
}

gwp_status Exchange::onLine(std::string_view line, Emitter& out) {
    if (takeLead(line, "data:")) {
        const std::string_view name = error_event_ ? "error" : "";
        error_event_ = false;
        onEvent(name, line, out);
        return GWP_REFORM;  // the line as a whole is no data of an event
    }
    if (takeLead(line, "event:")) {
        error_event_ = line == "error";
        return GWP_REFORM;
    }
    const bool field = line.empty() || line.front() == ':' || startsWith(line, "id:") || startsWith(line, "retry:");
    if (!field) hold(line);
    return GWP_REFORM;
}

void Exchange::hold(std::string_view line) {
    constexpr std::size_t kLimit = std::size_t{1} << 20;
    if (held_.size() + line.size() > kLimit)
        throw gwp::error(GWP_E_UPSTREAM, "The provider's answer is neither JSON nor server-sent events.",
                         "upstream_invalid", 502, 0);
    held_ += line;
    held_ += '\n';
}

gwp_status Exchange::onAnswer(Json root, Emitter& out) {
    if (root.isArray() && root.size() > 0 && root.item(0).at("/error").given()) fail(classify(status_, root, 0));
    if (op_.kind != GWP_OP_CHAT) return onList(root, out);
    const bool conforms = chat_.readCompletion(root, out);
    throwIfChatFailed();
    answered_ = chat_.begun();
    return conforms && op_.stream == 0 ? GWP_OK : GWP_REFORM;
}

gwp_status Exchange::onList(Json root, Emitter& out) {
    if (root.at("/error").given()) fail(classify(status_, root, 0));
    op_.kind == GWP_OP_EMBED ? readEmbeddings(root, scratch_, out) : readModels(root, out);
    answered_ = true;
    return GWP_REFORM;
}

void Exchange::onErrorBody(std::string_view body) {
    takeLead(body, "data:");
    const gwp_json* root = nullptr;
    const bool json = !body.empty() && instance_.json()->parse(instance_.context(), scratch_, gwp::bytes(body), &root,
                                                               nullptr) == GWP_OK;
    fail(json ? classify(status_, Json(instance_.json(), root), retry_hint_ms_)
              : classifyText(status_, body, retry_hint_ms_));
}

gwp_status Exchange::on_end(gwp_status why, gwp::events events, std::uint64_t& /*wait_ms*/) {
    const bool complete = done_ ? chat_.begun() : answered_ || chat_.finished();
    if (complete) return GWP_OK;  // however the connection then ended
    if (why != GWP_OK) return why;
    scratch_ = op_.arena;
    if (!isGood(status_)) onErrorBody({});
    if (held_.empty()) fail(truncated());
    Emitter out(events);
    onBody(held_, out);
    if (!answered_) fail(truncated());
    return GWP_OK;
}

}  // namespace openai
