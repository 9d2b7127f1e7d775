#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>

namespace gw::plugin_host {

/// How many log lines one instance may still write: so many per second, the rest is counted. [any]
class LogBudget {
public:
    static constexpr std::uint32_t kPerSecond = 100;

    /// Whether one more line may be written now.
    [[nodiscard]] bool take() noexcept {
        const auto second =
            std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now().time_since_epoch())
                .count();
        if (second_.exchange(second, std::memory_order_relaxed) != second) used_.store(0, std::memory_order_relaxed);
        if (used_.fetch_add(1, std::memory_order_relaxed) < kPerSecond) return true;
        dropped_.fetch_add(1, std::memory_order_relaxed);
        return false;
    }
    /// Lines refused since the last call.
    [[nodiscard]] std::uint64_t takeDropped() noexcept { return dropped_.exchange(0, std::memory_order_relaxed); }

private:
    std::atomic<std::int64_t> second_{0};
    std::atomic<std::uint32_t> used_{0};
    std::atomic<std::uint64_t> dropped_{0};
};

}  // namespace gw::plugin_host
