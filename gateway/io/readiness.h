#pragma once
#include <sys/epoll.h>

#include "io/cancellation.h"
#include "io/event_loop.h"
#include "io/signal.h"

namespace gw::io {

/// Edge-triggered readiness of one socket: registered once, no further system call per wait. After "would block", await
/// readable() or writable(). [loop]
class Readiness {
public:
    Readiness(EventLoop& loop, int fd)
        : readable_(loop),
          writable_(loop),
          watch_(loop, fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                 [this](std::uint32_t events) { onEvents(events); }) {}

    [[nodiscard]] auto readable(Cancellation& cancellation) { return readable_.wait(cancellation); }
    [[nodiscard]] auto writable(Cancellation& cancellation) { return writable_.wait(cancellation); }

    [[nodiscard]] bool peerLeft() const noexcept { return peer_left_; }
    /// Cancels with ClientGone when the peer closes or resets, also if it has done so already; null: stop.
    void cancelWhenPeerLeaves(Cancellation* cancellation) noexcept {
        leaving_ = cancellation;
        if (peer_left_ && leaving_ != nullptr) leaving_->cancel(CancelReason::ClientGone);
    }

private:
    void onEvents(std::uint32_t events) {
        constexpr std::uint32_t kGone = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
        if ((events & (EPOLLIN | kGone)) != 0) readable_.set();
        if ((events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0) writable_.set();
        if ((events & kGone) != 0) {
            peer_left_ = true;
            if (leaving_ != nullptr) leaving_->cancel(CancelReason::ClientGone);
        }
    }

    Signal readable_, writable_;
    Cancellation* leaving_ = nullptr;
    bool peer_left_ = false;
    FdWatch watch_;
};

}  // namespace gw::io
