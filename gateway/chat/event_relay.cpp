#include "chat/event_relay.h"

#include <utility>

namespace gw::chat {
namespace {

using plugin_host::TransferState;
using protocol::EventKind;

/// The longest unfinished frame: base64 images in a chunk are legal, an endless line is an attack.
constexpr std::size_t kFrameLimit = 16u << 20;

bool isContent(EventKind kind) {
    return kind == EventKind::Text || kind == EventKind::Reasoning || kind == EventKind::ToolStart ||
           kind == EventKind::Embedding;
}

}  // namespace

EventRelay::EventRelay(plugin_host::Exchange& exchange, RelayTarget target, AttemptResult& result, io::EventLoop& loop)
    : exchange_(exchange), target_(target), result_(result), loop_(loop) {}

io::Task<TransferState> EventRelay::pump(plugin_host::Transfer& transfer, protocol::Framing framing) {
    raw_now_ = target_.raw && framing == (target_.stream ? protocol::Framing::Sse : protocol::Framing::Whole);
    protocol::FrameReader reader(framing, kFrameLimit);
    const auto take = [this](const protocol::Frame& frame) { onFrame(frame); };
    for (;;) {
        auto chunk = co_await transfer.next();
        const bool ended = chunk.state != TransferState::Open;
        if (!ended)
            reader.feed(chunk.bytes, take);
        else if (chunk.state == TransferState::Done)
            reader.finish(take);
        if (!co_await forward()) co_return TransferState::Cancelled;
        if (ended) detail_ = std::move(chunk.detail);
        if (ended || failure_) co_return chunk.state;
    }
}

void EventRelay::onFrame(const protocol::Frame& frame) {
    if (failure_) return;  // what comes behind an error is not an answer
    target_.out.mark();
    auto data = exchange_.onData(frame, *this);
    failure_ = std::move(data.failure);
    if (raw_now_ && !failure_ && !data.reform)
        target_.out.passThrough(frame.data, frame.framing == protocol::Framing::Whole);
}

io::Task<plugin_host::Exchange::End> EventRelay::end(TransferState why) {
    raw_now_ = false;
    auto end = exchange_.onEnd(why, *this);
    if (!co_await forward()) result_.client_gone = true;
    co_return end;
}

void EventRelay::onEvent(const protocol::ChatEvent& event) {
    learn(event);
    if (target_.filter != nullptr)
        queued_.emplace_back(event);
    else
        deliver(event);
}

void EventRelay::learn(const protocol::ChatEvent& event) {
    if (event.kind == EventKind::Usage && event.usage != nullptr) result_.usage = *event.usage;
    if (event.kind == EventKind::Finish) result_.finish_reason = event.name;
    result_.content_bytes += event.text.size();
    if (isContent(event.kind) && result_.first_content == MonoTime{}) result_.first_content = loop_.now();
}

void EventRelay::deliver(const protocol::ChatEvent& event) {
    if (target_.gather) result_.answer.onEvent(event);
    target_.out.onEvent(event);
}

io::Task<bool> EventRelay::forward() {
    for (auto& event : std::exchange(queued_, {})) co_await target_.filter->onEvent(event.view(), delivery_);
    co_return co_await target_.out.flush();
}

}  // namespace gw::chat
