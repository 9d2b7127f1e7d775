#pragma once
#include <cassert>
#include <coroutine>

#include "io/cancellation.h"
#include "io/event_loop.h"

namespace gw::io {

/// What every wait in the gateway ends in: a flag that one coroutine at a time may await. Set before the wait, the wait
/// is over at once; the wait takes the flag down again. [loop]
class Signal {
    class Awaiter;

public:
    explicit Signal(EventLoop& loop) noexcept : loop_(loop) {}
    Signal(const Signal&) = delete;
    Signal& operator=(const Signal&) = delete;

    void set() noexcept {
        if (waiter_ != nullptr)
            waiter_->finish(true);
        else
            set_ = true;
    }
    void clear() noexcept { set_ = false; }

    /// True when set, false when cancelled first.
    [[nodiscard]] Awaiter wait(Cancellation& cancellation) noexcept { return Awaiter(*this, &cancellation); }
    /// For what always comes and soon, such as the end of a job on a worker.
    [[nodiscard]] Awaiter waitAlways() noexcept { return Awaiter(*this, nullptr); }

private:
    class Awaiter final : public Cancellation::Hook {
    public:
        Awaiter(Signal& signal, Cancellation* cancellation) noexcept : signal_(signal), cancellation_(cancellation) {}
        ~Awaiter() {
            if (signal_.waiter_ == this) signal_.waiter_ = nullptr;
        }
        Awaiter(const Awaiter&) = delete;
        Awaiter& operator=(const Awaiter&) = delete;

        [[nodiscard]] bool await_ready() noexcept {
            if (cancellation_ != nullptr && cancellation_->requested()) return true;
            result_ = signal_.set_;
            signal_.set_ = false;
            return result_;
        }
        void await_suspend(std::coroutine_handle<> coroutine) noexcept {
            assert(signal_.waiter_ == nullptr && "one coroutine awaits a signal");
            coroutine_ = coroutine;
            signal_.waiter_ = this;
            if (cancellation_ != nullptr) attach(*cancellation_);
        }
        bool await_resume() const noexcept { return result_; }

        void finish(bool result) noexcept {
            result_ = result;
            signal_.waiter_ = nullptr;
            detach();
            signal_.loop_.resumeLater(coroutine_);
        }

    private:
        void onCancel(CancelReason /*reason*/) noexcept override { finish(false); }
        Signal& signal_;
        Cancellation* cancellation_;
        std::coroutine_handle<> coroutine_;
        bool result_ = false;
    };

    EventLoop& loop_;
    Awaiter* waiter_ = nullptr;
    bool set_ = false;
};

}  // namespace gw::io
