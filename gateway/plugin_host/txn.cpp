#include "plugin_host/txn.h"

#include "io/timer.h"
#include "plugin_host/host_services.h"
#include "plugin_host/instance_context.h"
#include "plugin_host/resume_gate.h"

using gw::plugin_host::Phase;
using gw::plugin_host::ResumeGate;

namespace {

gw::Error cancelledError(gw::io::CancelReason reason) {
    switch (reason) {
        case gw::io::CancelReason::Deadline:
            return gw::Error(gw::ErrorCode::UpstreamTimeout, "the request took too long");
        case gw::io::CancelReason::Shutdown:
            return gw::Error(gw::ErrorCode::ShuttingDown, "the gateway is shutting down");
        default: return gw::Error(gw::ErrorCode::RequestTimeout, "the client has left");
    }
}

}  // namespace

void gwp_txn::close() noexcept {
    end();
    for (const auto token : tokens_) entry.context().host.tokens.release(token);
    tokens_.clear();
}

void gwp_txn::begin(Phase phase_now) {
    phase = phase_now;
    slot.reset();
    resumed_.reset();
    fresh_ = false;
    // A plugin may keep its token from phase to phase.
    if (!tokens_.empty()) ResumeGate::ofProcess().open(entry.context(), tokens_.back());
}

void gwp_txn::end() noexcept {
    phase = Phase::None;
    if (!tokens_.empty()) ResumeGate::ofProcess().close(entry.context(), tokens_.back());
}

gwp_token gwp_txn::token() {
    if (fresh_ || (phase == Phase::None && !tokens_.empty())) return tokens_.back();
    auto* loop = gw::io::EventLoop::current();
    if (loop == nullptr) return 0;
    // A new one per phase: what comes late to an earlier one cannot be taken for the answer to this.
    if (!tokens_.empty()) ResumeGate::ofProcess().close(entry.context(), tokens_.back());
    resumed_.reset();
    tokens_.push_back(entry.context().host.tokens.create(*loop, this));
    if (phase != Phase::None) ResumeGate::ofProcess().open(entry.context(), tokens_.back());
    fresh_ = phase != Phase::None;
    return tokens_.back();
}

void gwp_txn::resumed(gwp_token with, gwp_status verdict) noexcept {
    if (phase == Phase::None || with != tokens_.back() || resumed_) return;
    resumed_ = verdict;
    if (answered_) answered_->set();
}

gw::io::Task<gwp_status> gwp_txn::verdict() {
    if (!resumed_) {
        auto& loop = *gw::io::EventLoop::current();
        answered_.emplace(loop);
        gw::io::Timer timer(loop, [this] { answered_->set(); });
        timer.armAfter(entry.link.timeout);
        const bool in_time = co_await answered_->wait(shared.cancellation);
        answered_.reset();
        if (!in_time && !resumed_) throw gw::Error(cancelledError(shared.cancellation.reason()));
    }
    co_return resumed_.value_or(GWP_E_TIMEOUT);
}

void gwp_txn::release(std::uint64_t events) {
    held.release(events);
    if (phase != Phase::Event) shared.released_late = true;
    if (released_) released_->set();
}

gw::io::Task<void> gwp_txn::allReleased(std::chrono::nanoseconds at_most) {
    auto& loop = *gw::io::EventLoop::current();
    released_.emplace(loop);
    bool over = false;
    gw::io::Timer timer(loop, [this, &over] {
        over = true;
        released_->set();
    });
    timer.armAfter(at_most);
    bool cancelled = false;
    while (!held.empty() && !over && !cancelled) cancelled = !co_await released_->wait(shared.cancellation);
    released_.reset();
    if (cancelled) throw gw::Error(cancelledError(shared.cancellation.reason()));
}
