#include "plugin_host/entry_mark.h"

#include <string>

#include "observability/log.h"
#include "plugin_host/instance_context.h"

namespace gw::plugin_host {

namespace {
constexpr std::chrono::milliseconds kSlow{10};
thread_local RunningEntry t_running;  // in the executable's own TLS block, so a signal handler may read it
}  // namespace

const RunningEntry& EntryMark::running() noexcept {
    return t_running;
}

EntryMark::EntryMark(InstanceContext& context, const char* phase, Pace pace) noexcept
    : context_(context), outer_(t_running), pace_(pace) {
    t_running = {context.name.c_str(), context.library.c_str(), phase};
    if (pace_ == Pace::Call) began_ = std::chrono::steady_clock::now();
}

EntryMark::~EntryMark() {
    if (pace_ == Pace::Call) {
        const auto took = std::chrono::steady_clock::now() - began_;
        if (took > kSlow) countSlow(took);
    }
    t_running = outer_;
}

void EntryMark::countSlow(std::chrono::nanoseconds took) const noexcept {
    if (context_.slow_calls != nullptr) context_.slow_calls->add(1);
    if (!context_.log_budget.take()) return;
    try {
        const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(took).count();
        observability::log(
            observability::Level::Warn, "plugin_host", "a plugin blocked its event loop",
            {{"instance", context_.name}, {"phase", t_running.phase}, {"milliseconds", std::to_string(millis)}});
    } catch (...) {  // NOLINT(bugprone-empty-catch): the call is counted, and only memory for the line was missing
    }
}

}  // namespace gw::plugin_host
