#include "plugin_host/owner_token.h"

#include <memory>
#include <utility>

namespace gw::plugin_host {

namespace {

constexpr unsigned kGenerationShift = 32;

/// Calls its completion exactly once: with run(), or with GWP_E_GONE when the loop drops it.
class Pending {
public:
    explicit Pending(OwnerTokens::Completion completion) : completion_(std::move(completion)) {}
    Pending(const Pending&) = delete;
    Pending& operator=(const Pending&) = delete;
    ~Pending() { run(GWP_E_GONE, nullptr); }

    void run(gwp_status status, void* object) {
        const auto completion = std::exchange(completion_, nullptr);
        if (completion) completion(status, object);
    }

private:
    OwnerTokens::Completion completion_;
};

}  // namespace

gwp_token OwnerTokens::create(io::EventLoop& loop, void* object) {
    const std::lock_guard lock(mutex_);
    if (first_free_ == 0) {
        slots_.emplace_back();
        first_free_ = static_cast<std::uint32_t>(slots_.size());
    }
    const std::uint32_t number = first_free_;
    Slot& slot = slots_[number - 1];
    first_free_ = std::exchange(slot.next_free, 0);
    slot.loop = &loop;
    slot.object = object;
    return (static_cast<gwp_token>(slot.generation) << kGenerationShift) | number;
}

const OwnerTokens::Slot* OwnerTokens::find(gwp_token token) const noexcept {
    const auto number = static_cast<std::uint32_t>(token);
    if (number == 0 || number > slots_.size()) return nullptr;
    const Slot& slot = slots_[number - 1];
    return slot.loop != nullptr && slot.generation == token >> kGenerationShift ? &slot : nullptr;
}

void OwnerTokens::release(gwp_token token) noexcept {
    std::vector<std::function<void()>> hooks;
    {
        const std::lock_guard lock(mutex_);
        if (find(token) == nullptr) return;
        const auto number = static_cast<std::uint32_t>(token);
        Slot& slot = slots_[number - 1];
        hooks.swap(slot.hooks);
        slot.loop = nullptr;
        slot.object = nullptr;
        if (++slot.generation == 0) slot.generation = 1;
        slot.next_free = std::exchange(first_free_, number);
    }
    for (const auto& hook : hooks) hook();
}

void OwnerTokens::atRelease(gwp_token token, std::function<void()> hook) {
    {
        const std::lock_guard lock(mutex_);
        if (find(token) != nullptr)
            return slots_[static_cast<std::uint32_t>(token) - 1].hooks.push_back(std::move(hook));
    }
    hook();
}

bool OwnerTokens::post(gwp_token token, Completion completion) {
    const std::lock_guard lock(mutex_);  // while it is held the owner lives, and so does its loop
    const Slot* slot = find(token);
    if (slot == nullptr) return false;
    slot->loop->post([this, token, pending = std::make_shared<Pending>(std::move(completion))] {
        void* object = objectOf(token);
        pending->run(object != nullptr ? GWP_OK : GWP_E_GONE, object);
    });
    return true;
}

void* OwnerTokens::objectOf(gwp_token token) const noexcept {
    const std::lock_guard lock(mutex_);
    const Slot* slot = find(token);
    return slot != nullptr ? slot->object : nullptr;
}

bool OwnerTokens::alive(gwp_token token) const noexcept {
    const std::lock_guard lock(mutex_);
    return find(token) != nullptr;
}

io::EventLoop* OwnerTokens::loopOf(gwp_token token) const noexcept {
    const std::lock_guard lock(mutex_);
    const Slot* slot = find(token);
    return slot != nullptr ? slot->loop : nullptr;
}

}  // namespace gw::plugin_host
