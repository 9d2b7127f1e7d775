#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "protocol/owned_event.h"

namespace gw::plugin_host {

/// What one link holds of an answer, and what it has let go and nobody has fetched. An event that may go on waits
/// behind those that are held before it, so that order is never lost. [loop]
class HeldEvents {
public:
    void hold(const protocol::ChatEvent& event, MonoTime now) { add(event, now, true); }
    /// At once, or behind what is held.
    void follow(const protocol::ChatEvent& event) {
        if (waiting_.empty())
            released_.emplace_back(event);
        else
            add(event, {}, false);
    }
    /// The `count` oldest of those that are held, and what waits behind them only.
    void release(std::uint64_t count) {
        while (!waiting_.empty() && (count > 0 || !waiting_.front().held)) {
            if (waiting_.front().held) --count;
            bytes_ -= sizeOf(waiting_.front().event);
            released_.push_back(std::move(waiting_.front().event));
            waiting_.pop_front();
        }
    }
    [[nodiscard]] bool hasReleased() const noexcept { return !released_.empty(); }
    [[nodiscard]] std::vector<protocol::OwnedEvent> takeReleased() { return std::exchange(released_, {}); }
    void clear() noexcept {
        waiting_.clear();
        released_.clear();
        bytes_ = 0;
    }

    [[nodiscard]] bool empty() const noexcept { return waiting_.empty(); }
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
    /// Since when the oldest is held; not when empty().
    [[nodiscard]] MonoTime since() const noexcept { return waiting_.front().since; }

private:
    struct Waiting {
        protocol::OwnedEvent event;
        MonoTime since;
        bool held;
    };
    /// Events without text count too: there may be many.
    static std::size_t sizeOf(const protocol::OwnedEvent& event) noexcept {
        return event.bytes() + sizeof(protocol::OwnedEvent);
    }
    void add(const protocol::ChatEvent& event, MonoTime since, bool held) {
        waiting_.push_back({protocol::OwnedEvent(event), since, held});
        bytes_ += sizeOf(waiting_.back().event);
    }

    std::deque<Waiting> waiting_;  // the first one is held
    std::vector<protocol::OwnedEvent> released_;
    std::size_t bytes_ = 0;
};

}  // namespace gw::plugin_host
