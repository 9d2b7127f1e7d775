#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "plugin_host/entry_mark.h"
#include "plugin_host/host_services.h"

namespace gw::plugin_host {

using FireFunction = void (*)(gwp_instance*, void*) GWP_NX;

/// One timer of one instance: comes due on the control thread, fires there or on a worker, never beside itself. [any]
class PluginTimer : public std::enable_shared_from_this<PluginTimer> {
public:
    struct Plan {
        std::chrono::milliseconds after, period;
        bool on_worker;
        FireFunction fire;
        void* user;
    };
    PluginTimer(InstanceContext& context, Plan plan) : context_(context), plan_(plan) {}

    void arm(gwp_token token) {
        token_ = token;
        schedule(std::chrono::steady_clock::now() + plan_.after);
    }
    /// Nothing fires from here on; waits for a fire() that runs on another thread.
    void cancel() {
        std::unique_lock lock(mutex_);
        cancelled_ = true;
        if (runner_ != std::this_thread::get_id()) ended_.wait(lock, [this] { return runner_ == std::thread::id(); });
    }

private:
    static constexpr std::chrono::milliseconds kPoolFull{10};  // until the next try

    void schedule(MonoTime due) {
        due_ = due;
        context_.host.control.postAt(due, [self = shared_from_this()] { self->comeDue(); });
    }
    /// On the control thread, so that a timer started by create() cannot meet an instance without a handle.
    void comeDue() {
        if (isCancelled()) return;
        if (!plan_.on_worker) return fire();
        if (context_.host.workers.submit([self = shared_from_this()] { self->fire(); })) return;
        context_.host.control.postAt(std::chrono::steady_clock::now() + kPoolFull,
                                     [self = shared_from_this()] { self->comeDue(); });
    }
    [[nodiscard]] bool isCancelled() {
        const std::lock_guard lock(mutex_);
        return cancelled_;
    }
    void fire() {
        {
            const std::lock_guard lock(mutex_);
            if (cancelled_) return;
            runner_ = std::this_thread::get_id();
        }
        {
            const EntryMark mark(context_, "timer", EntryMark::Pace::Blocking);
            plan_.fire(context_.handle, plan_.user);
        }
        const std::lock_guard lock(mutex_);
        if (!cancelled_ && plan_.period.count() > 0)
            schedule(std::max(due_ + plan_.period, std::chrono::steady_clock::now()));
        else if (!cancelled_)
            static_cast<void>(context_.timers.take(token_));
        runner_ = {};
        ended_.notify_all();
    }

    InstanceContext& context_;  // valid until cancelled
    const Plan plan_;
    gwp_token token_ = 0;
    MonoTime due_;
    std::mutex mutex_;
    std::condition_variable ended_;
    std::thread::id runner_;
    bool cancelled_ = false;
};

gwp_token TimerTable::add(std::shared_ptr<PluginTimer> timer) {
    const std::lock_guard lock(mutex_);
    if (timers_.size() >= kMostTimers) return 0;
    timers_.emplace(++last_, std::move(timer));
    return last_;
}

std::shared_ptr<PluginTimer> TimerTable::take(gwp_token token) {
    const std::lock_guard lock(mutex_);
    auto node = timers_.extract(token);
    return node ? std::move(node.mapped()) : nullptr;
}

std::map<gwp_token, std::shared_ptr<PluginTimer>> TimerTable::takeAll() {
    const std::lock_guard lock(mutex_);
    return std::exchange(timers_, {});
}

void cancelTimers(InstanceContext& context) {
    for (const auto& [token, timer] : context.timers.takeAll()) timer->cancel();
}

namespace {

constexpr std::uint64_t kLongest = 366ull * 24 * 3600 * 1000;

// The parameters are the ABI's. NOLINTNEXTLINE(readability-function-size)
gwp_status start(gwp_hctx* hc, std::uint64_t after_ms, std::uint64_t period_ms, std::uint32_t on_worker,
                 FireFunction fire, void* user, gwp_token* out) noexcept {
    if (fire == nullptr || after_ms > kLongest || period_ms > kLongest) return GWP_E_INVALID;
    InstanceContext& context = InstanceContext::of(hc);
    try {
        const PluginTimer::Plan plan{std::chrono::milliseconds(after_ms), std::chrono::milliseconds(period_ms),
                                     on_worker != 0, fire, user};
        auto timer = std::make_shared<PluginTimer>(context, plan);
        const gwp_token token = context.timers.add(timer);
        if (token == 0) return GWP_E_LIMIT;
        if (out != nullptr) *out = token;
        timer->arm(token);
        return GWP_OK;
    } catch (...) {
        return GWP_E_LIMIT;
    }
}

gwp_status cancel(gwp_hctx* hc, gwp_token token) noexcept {
    const auto timer = InstanceContext::of(hc).timers.take(token);
    if (timer == nullptr) return GWP_E_GONE;
    timer->cancel();
    return GWP_OK;
}

}  // namespace

const gwp_svc_timer& timerService() noexcept {
    static constexpr gwp_svc_timer kTable = {sizeof(gwp_svc_timer), 0, start, cancel};
    return kTable;
}

}  // namespace gw::plugin_host
