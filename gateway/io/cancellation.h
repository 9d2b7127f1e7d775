#pragma once
#include <cstdint>

namespace gw::io {

/// Why work was called off; the first reason wins.
enum class CancelReason : std::uint8_t { None, ClientGone, Deadline, Shutdown, Aborted };

/// A stop that travels down: what waits registers a hook here, and cancel() wakes it. One per request, and one below it
/// for each part with a deadline of its own. Must outlive its hooks. [loop]
class Cancellation {
public:
    /// Intrusive: registering allocates nothing. Unhooks itself at the end of its life.
    class Hook {
    public:
        Hook() = default;
        Hook(const Hook&) = delete;
        Hook& operator=(const Hook&) = delete;

        void attach(Cancellation& to) noexcept;
        void detach() noexcept;
        [[nodiscard]] bool attached() const noexcept { return owner_ != nullptr; }

    protected:
        ~Hook() { detach(); }

    private:
        friend Cancellation;
        /// Called once, detached already. Must not destroy the Cancellation.
        virtual void onCancel(CancelReason reason) noexcept = 0;
        Cancellation* owner_ = nullptr;
        Hook* previous_ = nullptr;
        Hook* next_ = nullptr;
    };

    Cancellation() = default;
    /// A child: cancelled with its parent, and can be cancelled alone.
    explicit Cancellation(Cancellation& parent) noexcept;  // NOLINT(google-explicit-constructor): a child is no copy
    Cancellation(const Cancellation&) = delete;
    Cancellation& operator=(const Cancellation&) = delete;
    ~Cancellation();

    void cancel(CancelReason reason) noexcept;
    [[nodiscard]] bool requested() const noexcept { return reason_ != CancelReason::None; }
    [[nodiscard]] CancelReason reason() const noexcept { return reason_; }

private:
    class ParentHook final : public Hook {
    public:
        explicit ParentHook(Cancellation& child) noexcept : child_(child) {}

    private:
        void onCancel(CancelReason reason) noexcept override { child_.cancel(reason); }
        Cancellation& child_;
    };

    CancelReason reason_ = CancelReason::None;
    Hook* first_ = nullptr;
    ParentHook parent_{*this};
};

}  // namespace gw::io
