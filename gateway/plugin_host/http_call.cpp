#include "plugin_host/http_call.h"

#include <utility>
#include <vector>

#include "plugin_host/entry_mark.h"

namespace gw::plugin_host {

namespace {

gwp_status statusOf(TransferState state) noexcept {
    using enum TransferState;
    switch (state) {
        case Open:
        case Done: return GWP_OK;
        case Refused: return GWP_E_DENIED;
        case ConnectTimeout:
        case FirstByteTimeout:
        case IdleTimeout:
        case TotalTimeout: return GWP_E_TIMEOUT;
        case TooLarge: return GWP_E_LIMIT;
        case Cancelled: return GWP_E_CANCELLED;
        default: return GWP_E_IO;
    }
}

}  // namespace

HttpCall::HttpCall(InstanceContext& context, std::shared_ptr<const void> instance, Plan plan)
    : instance_(std::move(instance)), context_(context), plan_(std::move(plan)) {}

bool HttpCall::launch() {
    const bool posted = context_.host.tokens.post(plan_.owner, [self = shared_from_this()](gwp_status status, void*) {
        if (status == GWP_OK)
            self->begin();
        else
            self->finish(status);
    });
    if (!posted) finished_ = true;
    return posted;
}

void HttpCall::begin() {
    io::EventLoop& loop = *io::EventLoop::current();
    Outbound* outbound = context_.host.outbound->outboundOf(loop);
    if (outbound == nullptr) return finish(GWP_E_UNSUPPORTED);
    auto place = std::make_shared<OnLoop>(loop);
    place_ = place;
    context_.host.tokens.atRelease(plan_.owner, [weak = weak_from_this()] {
        const auto self = weak.lock();
        if (self == nullptr) return;
        self->owner_gone_ = true;
        if (const auto there = self->place_.lock()) there->cancellation.cancel(io::CancelReason::Aborted);
    });
    loop.spawn(run(shared_from_this(), std::move(place), *outbound));
}

io::Task<void> HttpCall::run(std::shared_ptr<HttpCall> call, std::shared_ptr<OnLoop> place, Outbound& outbound) {
    const auto transfer = outbound.start(call->plan_.endpoint, std::move(call->plan_.request), place->cancellation);
    const HeadResult head = co_await transfer->head();
    call->outcome_ = statusOf(head.state);
    if (call->outcome_ == GWP_OK && !call->owner_gone_) {
        call->showHead(head.head);
        if (head.state == TransferState::Open) co_await body(*call, *place, *transfer);
    }
    call->finish(call->owner_gone_ ? GWP_E_GONE : call->outcome_);
}

io::Task<void> HttpCall::body(HttpCall& call, OnLoop& place, Transfer& transfer) {
    while (true) {
        while (place.paused && co_await place.resumed.wait(place.cancellation)) {
        }
        const ChunkResult chunk = co_await transfer.next();
        if (chunk.state != TransferState::Open) {
            call.outcome_ = statusOf(chunk.state);
            co_return;
        }
        if (call.owner_gone_) co_return;
        call.showBody(chunk.bytes);
    }
}

void HttpCall::showHead(const ResponseHead& head) {
    if (plan_.handler.on_head == nullptr) return;  // the handler is a view: what it lacked is null
    std::vector<gwp_kv> headers;
    headers.reserve(head.headers.size());
    for (const auto& [name, value] : head.headers) headers.push_back({abi(name), abi(value)});
    const gwp_http_head view = {sizeof(gwp_http_head), static_cast<std::uint32_t>(head.status), headers.data(),
                                headers.size()};
    const EntryMark mark(context_, "http.on_head");
    plan_.handler.on_head(plan_.user, &view);
}

void HttpCall::showBody(std::string_view bytes) {
    if (plan_.handler.on_body == nullptr) return;
    const EntryMark mark(context_, "http.on_body");
    plan_.handler.on_body(plan_.user, abiBytes(bytes));
}

void HttpCall::finish(gwp_status status) {
    if (std::exchange(finished_, true)) return;
    const EntryMark mark(context_, "http.on_done");
    plan_.handler.on_done(plan_.user, status);
}

void HttpCall::cancel() {
    static_cast<void>(context_.host.tokens.post(plan_.owner, [self = shared_from_this()](gwp_status status, void*) {
        const auto place = self->place_.lock();
        if (status == GWP_OK && place != nullptr) place->cancellation.cancel(io::CancelReason::Aborted);
    }));
}

void HttpCall::pause(bool pause) {
    static_cast<void>(
        context_.host.tokens.post(plan_.owner, [self = shared_from_this(), pause](gwp_status status, void*) {
            const auto place = self->place_.lock();
            if (status != GWP_OK || place == nullptr) return;
            place->paused = pause;
            if (!pause) place->resumed.set();
        }));
}

}  // namespace gw::plugin_host
