#pragma once
#include <cstddef>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "io/event_loop.h"

namespace gw::io {

/// The event loops of the process, a thread each. [main]
class LoopGroup {
public:
    explicit LoopGroup(std::size_t count);
    LoopGroup(const LoopGroup&) = delete;
    LoopGroup& operator=(const LoopGroup&) = delete;
    ~LoopGroup() { stop(); }

    /// Stops and joins; the loops, and what waits on them, live until the group ends.
    void stop();
    [[nodiscard]] std::size_t size() const noexcept { return loops_.size(); }
    [[nodiscard]] EventLoop& operator[](std::size_t index) const { return *loops_[index]; }
    /// Runs `job(index)` on every loop and waits until all have. Not from a loop.
    void onEach(const std::function<void(std::size_t)>& job) const;

private:
    std::vector<std::unique_ptr<EventLoop>> loops_;
    std::vector<std::thread> threads_;
};

}  // namespace gw::io
