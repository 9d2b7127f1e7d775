#pragma once
#include <chrono>
#include <functional>

#include "base/clock.h"
#include "io/cancellation.h"
#include "io/event_loop.h"
#include "io/signal.h"

namespace gw::io {

/// Calls `fire` once when its time has come. Moving a timer later costs nothing until it would have fired, so a timer
/// may be pushed back at every event of a stream. [loop]
class Timer {
public:
    Timer(EventLoop& loop, std::function<void()> fire) : loop_(loop), fire_(std::move(fire)) {}
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;
    ~Timer() { disarm(); }

    void arm(MonoTime due);
    void armAfter(std::chrono::nanoseconds delay) { arm(loop_.now() + delay); }
    void disarm() noexcept;
    [[nodiscard]] bool armed() const noexcept { return armed_; }

private:
    friend EventLoop;
    static constexpr std::size_t kNowhere = static_cast<std::size_t>(-1);
    EventLoop& loop_;
    std::function<void()> fire_;
    MonoTime due_;
    MonoTime key_;                  // where it stands in the heap; due_ may be later
    std::size_t index_ = kNowhere;  // in the heap
    bool armed_ = false;
};

/// Cancels when its time has come; lifted when it goes out of scope. [loop]
class Deadline {
public:
    Deadline(EventLoop& loop, Cancellation& cancellation, std::chrono::nanoseconds after)
        : timer_(loop, [&cancellation] { cancellation.cancel(CancelReason::Deadline); }) {
        timer_.armAfter(after);
    }
    void extend(std::chrono::nanoseconds after) { timer_.armAfter(after); }
    void lift() noexcept { timer_.disarm(); }

private:
    Timer timer_;
};

/// False when cancelled before the time was over.
[[nodiscard]] inline Task<bool> sleepFor(EventLoop& loop, std::chrono::nanoseconds time, Cancellation& cancellation) {
    Signal over(loop);
    Timer timer(loop, [&over] { over.set(); });
    timer.armAfter(time);
    co_return co_await over.wait(cancellation);
}

}  // namespace gw::io
