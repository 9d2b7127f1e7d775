#pragma once
#include <gwp/base.h>

#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

#include "io/event_loop.h"

namespace gw::plugin_host {

/// Numbers that stand for exchanges and transactions in the C ABI (gwp_token): a slot and its generation, never a
/// pointer, so a stale one is recognised and harmless. [any] unless marked.
class OwnerTokens {
public:
    /// GWP_OK and the object, or GWP_E_GONE and null: the owner ended first. Must not throw.
    using Completion = std::function<void(gwp_status status, void* object)>;

    OwnerTokens() = default;
    OwnerTokens(const OwnerTokens&) = delete;
    OwnerTokens& operator=(const OwnerTokens&) = delete;
    ~OwnerTokens() = default;

    /// `object` must stay until release(). Never 0. [loop]
    [[nodiscard]] gwp_token create(io::EventLoop& loop, void* object);
    /// From here on the token is stale; posted completions that have not run get GWP_E_GONE. [loop that created it]
    void release(gwp_token token) noexcept;
    /// Runs `completion` exactly once on the owner's loop, later, never below the caller (and if the loop ends first,
    /// with GWP_E_GONE where it ends). False: the token is stale already, and `completion` was not and will not be
    /// called.
    [[nodiscard]] bool post(gwp_token token, Completion completion);

    /// Runs `hook` inside release(); at once when the token is stale. [loop that created it]
    void atRelease(gwp_token token, std::function<void()> hook);
    [[nodiscard]] bool alive(gwp_token token) const noexcept;
    /// The loop of a live token, else null. Another thread's answer may be out of date at once.
    [[nodiscard]] io::EventLoop* loopOf(gwp_token token) const noexcept;

private:
    struct Slot {
        std::uint32_t generation = 1;
        std::uint32_t next_free = 0;  // index + 1
        io::EventLoop* loop = nullptr;
        void* object = nullptr;
        std::vector<std::function<void()>> hooks;
    };
    [[nodiscard]] const Slot* find(gwp_token token) const noexcept;
    [[nodiscard]] void* objectOf(gwp_token token) const noexcept;

    mutable std::mutex mutex_;
    std::vector<Slot> slots_;
    std::uint32_t first_free_ = 0;
};

}  // namespace gw::plugin_host
