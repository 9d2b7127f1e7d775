#pragma once
#include <sys/epoll.h>

#include <array>
#include <atomic>
#include <chrono>
#include <coroutine>
#include <cstdint>
#include <functional>
#include <mutex>
#include <span>
#include <vector>

#include "base/clock.h"
#include "io/task.h"

namespace gw::io {

class FdWatch;
class Timer;

/// One thread's epoll, timers and ready list. Owns every coroutine spawned on it: those still waiting when the loop is
/// destroyed are destroyed with it. All functions [loop] unless marked.
class EventLoop {
public:
    EventLoop();
    EventLoop(const EventLoop&) = delete;
    EventLoop& operator=(const EventLoop&) = delete;
    /// On the loop's thread, or after it ended; nothing may post() any more.
    ~EventLoop();

    /// Runs until stop(). The calling thread becomes the loop's thread.
    void run();
    void stop();                           // [any]
    void post(std::function<void()> job);  // [any] runs on the loop's thread, in order
    void resumeLater(std::coroutine_handle<> coroutine) { ready_.push_back(coroutine); }

    /// Starts a coroutine nobody awaits. It must not throw: an escaping exception ends the process.
    void spawn(Task<void> task);
    /// Spawned coroutines that have not ended.
    [[nodiscard]] std::size_t live() const noexcept { return roots_; }

    /// The time at the start of this turn: cheap, and at most one turn old.
    [[nodiscard]] MonoTime now() const noexcept { return now_; }
    /// The longest turn since the last call, waiting left out: how late everything else on this loop was. [any]
    [[nodiscard]] std::chrono::microseconds takeLongestTurn() noexcept;

    /// The loop that runs on this thread, or null. [any]
    [[nodiscard]] static EventLoop* current() noexcept;

private:
    friend FdWatch;
    friend Timer;
    struct Root;
    class RootPromise;

    void watch(int fd, FdWatch* watch, std::uint32_t events) const;
    void rewatch(int fd, FdWatch* watch, std::uint32_t events) const;
    void unwatch(int fd, const FdWatch* watch) noexcept;
    void schedule(Timer& timer);
    void unschedule(Timer& timer) noexcept;
    void siftUp(std::size_t index) noexcept;
    void siftDown(std::size_t index) noexcept;
    void place(std::size_t index, Timer* timer) noexcept;

    void runTimers();
    void runReady();
    void runPosted();
    [[nodiscard]] int timeoutMillis() const noexcept;
    void dispatch(int count);

    int epoll_;
    int wake_;
    std::atomic<bool> stopping_{false};
    std::atomic<std::int64_t> longest_turn_{0};
    MonoTime now_;
    std::vector<std::coroutine_handle<>> ready_, running_;
    std::vector<Timer*> timers_;  // binary heap by Timer::key_
    std::array<epoll_event, 256> events_{};
    int next_event_ = 0, event_count_ = 0;
    std::size_t roots_ = 0;
    RootPromise* first_root_ = nullptr;
    std::mutex posted_mutex_;
    std::vector<std::function<void()>> posted_;
};

/// Watches one descriptor, which it does not own, for as long as it lives. [loop]
class FdWatch {
public:
    /// `ready` gets the EPOLL* bits. It may destroy this watch.
    FdWatch(EventLoop& loop, int fd, std::uint32_t events, std::function<void(std::uint32_t)> ready);
    FdWatch(const FdWatch&) = delete;
    FdWatch& operator=(const FdWatch&) = delete;
    ~FdWatch();
    void change(std::uint32_t events);

private:
    friend EventLoop;
    EventLoop& loop_;
    int fd_;
    std::uint32_t events_;
    std::function<void(std::uint32_t)> ready_;
};

}  // namespace gw::io
