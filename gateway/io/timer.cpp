#include "io/timer.h"

#include <utility>

namespace gw::io {

void Timer::arm(MonoTime due) {
    due_ = due;
    armed_ = true;
    if (index_ != kNowhere && due_ >= key_) return;  // later: moved when its old time comes
    if (index_ != kNowhere) loop_.unschedule(*this);
    key_ = due_;
    loop_.schedule(*this);
}

void Timer::disarm() noexcept {
    armed_ = false;
    if (index_ != kNowhere) loop_.unschedule(*this);
}

// The heap of EventLoop: smallest key first, each timer knows its place.

void EventLoop::place(std::size_t index, Timer* timer) noexcept {
    timers_[index] = timer;
    timer->index_ = index;
}

void EventLoop::siftUp(std::size_t index) noexcept {
    Timer* const timer = timers_[index];
    while (index > 0) {
        const std::size_t parent = (index - 1) / 2;
        if (timers_[parent]->key_ <= timer->key_) break;
        place(index, timers_[parent]);
        index = parent;
    }
    place(index, timer);
}

void EventLoop::siftDown(std::size_t index) noexcept {
    Timer* const timer = timers_[index];
    for (;;) {
        std::size_t child = 2 * index + 1;
        if (child >= timers_.size()) break;
        if (child + 1 < timers_.size() && timers_[child + 1]->key_ < timers_[child]->key_) ++child;
        if (timer->key_ <= timers_[child]->key_) break;
        place(index, timers_[child]);
        index = child;
    }
    place(index, timer);
}

void EventLoop::schedule(Timer& timer) {
    timers_.push_back(&timer);
    timer.index_ = timers_.size() - 1;
    siftUp(timer.index_);
}

void EventLoop::unschedule(Timer& timer) noexcept {
    const std::size_t index = std::exchange(timer.index_, Timer::kNowhere);
    Timer* const last = timers_.back();
    timers_.pop_back();
    if (last == &timer) return;
    place(index, last);
    siftDown(index);
    siftUp(last->index_);
}

void EventLoop::runTimers() {
    while (!timers_.empty() && timers_.front()->key_ <= now_) {
        Timer& timer = *timers_.front();
        unschedule(timer);
        if (timer.due_ > now_) {  // pushed back meanwhile
            timer.key_ = timer.due_;
            schedule(timer);
            continue;
        }
        timer.armed_ = false;
        timer.fire_();
    }
}

}  // namespace gw::io
