#pragma once
#include <chrono>

#include "plugin_host/instance.h"

namespace gw::plugin_host {

/// Which plugin runs on this thread and in which of its functions; read by the fatal-signal handler.
struct RunningEntry {
    const char* instance = nullptr;  // null: none
    const char* library = nullptr;
    const char* phase = nullptr;
};

/// Stands around one call into a plugin, never across a suspension point. Names the plugin for a crash, and counts an
/// entry that took over 10 ms as gateway_plugin_slow_calls_total{instance}. `phase` is a literal. [any]
class EntryMark {
public:
    /// Blocking: an entry that may take its time ([main], [worker]) and is not counted.
    enum class Pace : bool { Call, Blocking };

    EntryMark(InstanceContext& context, const char* phase, Pace pace = Pace::Call) noexcept;
    EntryMark(const Instance& instance, const char* phase, Pace pace = Pace::Call) noexcept
        : EntryMark(instance.context(), phase, pace) {}
    EntryMark(const EntryMark&) = delete;
    EntryMark& operator=(const EntryMark&) = delete;
    ~EntryMark();

    [[nodiscard]] static const RunningEntry& running() noexcept;

private:
    void countSlow(std::chrono::nanoseconds took) const noexcept;

    InstanceContext& context_;
    RunningEntry outer_;
    std::chrono::steady_clock::time_point began_;
    Pace pace_;
};

}  // namespace gw::plugin_host
