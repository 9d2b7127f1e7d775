#include "io/event_loop.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <system_error>
#include <utility>

#include "io/timer.h"

namespace gw::io {
namespace {

thread_local EventLoop* current_loop = nullptr;

/// Coroutines that keep waking each other may run this many rounds before sockets and timers get their turn.
constexpr int kReadyRounds = 16;

int checked(int result, const char* what) {
    if (result < 0) throw std::system_error(errno, std::generic_category(), what);
    return result;
}

}  // namespace

/// The frame of a spawned coroutine; links itself into the loop's list so that the loop can end what still waits.
class EventLoop::RootPromise {
public:
    RootPromise(EventLoop& loop, const Task<void>& /*task*/) : loop_(loop) {
        next_ = loop.first_root_;
        if (next_ != nullptr) next_->previous_ = this;
        loop.first_root_ = this;
        ++loop.roots_;
    }
    RootPromise(const RootPromise&) = delete;
    RootPromise& operator=(const RootPromise&) = delete;
    ~RootPromise() {
        if (next_ != nullptr) next_->previous_ = previous_;
        if (previous_ != nullptr)
            previous_->next_ = next_;
        else
            loop_.first_root_ = next_;
        --loop_.roots_;
    }
    Root get_return_object() noexcept;
    [[nodiscard]] std::suspend_always initial_suspend() const noexcept { return {}; }
    [[nodiscard]] std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    [[noreturn]] void unhandled_exception() const noexcept { std::terminate(); }

private:
    EventLoop& loop_;
    RootPromise* previous_ = nullptr;
    RootPromise* next_ = nullptr;
};

struct EventLoop::Root {
    using promise_type = RootPromise;
    std::coroutine_handle<RootPromise> frame;
    static Root start(EventLoop& /*loop*/, Task<void> task) { co_await std::move(task); }
};

EventLoop::Root EventLoop::RootPromise::get_return_object() noexcept {
    return {std::coroutine_handle<RootPromise>::from_promise(*this)};
}

EventLoop::EventLoop()
    : epoll_(checked(epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      wake_(checked(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), "eventfd")),
      now_(std::chrono::steady_clock::now()) {
    watch(wake_, nullptr, EPOLLIN);
}

EventLoop::~EventLoop() {
    auto* const previous = std::exchange(current_loop, this);  // what ends now may look for its loop
    while (first_root_ != nullptr) std::coroutine_handle<RootPromise>::from_promise(*first_root_).destroy();
    posted_.clear();
    current_loop = previous == this ? nullptr : previous;
    close(wake_);
    close(epoll_);
}

EventLoop* EventLoop::current() noexcept {
    return current_loop;
}

void EventLoop::spawn(Task<void> task) {
    resumeLater(Root::start(*this, std::move(task)).frame);
}

void EventLoop::run() {
    current_loop = this;
    now_ = std::chrono::steady_clock::now();
    while (!stopping_.load(std::memory_order_relaxed)) {
        runTimers();
        runReady();
        const auto busy =
            std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - now_);
        if (busy.count() > longest_turn_.load(std::memory_order_relaxed))
            longest_turn_.store(busy.count(), std::memory_order_relaxed);
        const int count = epoll_wait(epoll_, events_.data(), static_cast<int>(events_.size()), timeoutMillis());
        now_ = std::chrono::steady_clock::now();
        if (count > 0) dispatch(count);
    }
    current_loop = nullptr;
}

std::chrono::microseconds EventLoop::takeLongestTurn() noexcept {
    return std::chrono::microseconds(longest_turn_.exchange(0, std::memory_order_relaxed));
}

void EventLoop::stop() {
    stopping_.store(true, std::memory_order_relaxed);
    post([] {});
}

void EventLoop::post(std::function<void()> job) {
    bool first = false;
    {
        const std::scoped_lock lock(posted_mutex_);
        first = posted_.empty();
        posted_.push_back(std::move(job));
    }
    // Only the first of a batch wakes the loop: the rest are taken in the same turn.
    if (first) {
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto written = write(wake_, &one, sizeof one);
    }
}

void EventLoop::runPosted() {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto taken = read(wake_, &count, sizeof count);
    std::vector<std::function<void()>> jobs;
    {
        const std::scoped_lock lock(posted_mutex_);
        jobs.swap(posted_);
    }
    for (auto& job : jobs) job();
}

void EventLoop::runReady() {
    for (int round = 0; round < kReadyRounds && !ready_.empty(); ++round) {
        running_.swap(ready_);
        for (const auto coroutine : running_) coroutine.resume();
        running_.clear();
    }
}

int EventLoop::timeoutMillis() const noexcept {
    if (!ready_.empty()) return 0;
    if (timers_.empty()) return -1;
    const auto wait = timers_.front()->key_ - std::chrono::steady_clock::now();
    if (wait.count() <= 0) return 0;
    // Rounded up: a timer never fires early, and the loop does not spin through its last millisecond.
    const auto millis = std::chrono::ceil<std::chrono::milliseconds>(wait).count();
    return static_cast<int>(std::min<std::int64_t>(millis, 60'000));
}

void EventLoop::dispatch(int count) {
    event_count_ = count;
    for (next_event_ = 0; next_event_ < event_count_;) {
        const epoll_event event = events_[static_cast<std::size_t>(next_event_++)];
        if (event.data.ptr == &wake_) {
            runPosted();
        } else if (event.data.ptr != nullptr) {
            static_cast<FdWatch*>(event.data.ptr)->ready_(event.events);
        }
    }
    event_count_ = 0;
}

void EventLoop::watch(int fd, FdWatch* watch, std::uint32_t events) const {
    epoll_event event{.events = events, .data = {.ptr = watch}};
    if (watch == nullptr) event.data.ptr = const_cast<int*>(&wake_);
    checked(epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event), "epoll_ctl add");
}

void EventLoop::rewatch(int fd, FdWatch* watch, std::uint32_t events) const {
    epoll_event event{.events = events, .data = {.ptr = watch}};
    checked(epoll_ctl(epoll_, EPOLL_CTL_MOD, fd, &event), "epoll_ctl mod");
}

void EventLoop::unwatch(int fd, const FdWatch* watch) noexcept {
    epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);  // fails when the descriptor is closed already: gone all the same
    // What this turn has still to deliver to it must not reach freed memory.
    for (int i = next_event_; i < event_count_; ++i)
        if (events_[static_cast<std::size_t>(i)].data.ptr == watch)
            events_[static_cast<std::size_t>(i)].data.ptr = nullptr;
}

FdWatch::FdWatch(EventLoop& loop, int fd, std::uint32_t events, std::function<void(std::uint32_t)> ready)
    : loop_(loop), fd_(fd), events_(events), ready_(std::move(ready)) {
    loop_.watch(fd_, this, events_);
}

FdWatch::~FdWatch() {
    loop_.unwatch(fd_, this);
}

void FdWatch::change(std::uint32_t events) {
    if (events == events_) return;
    events_ = events;
    loop_.rewatch(fd_, this, events);
}

}  // namespace gw::io
