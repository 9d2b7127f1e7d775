#include "io/cancellation.h"

#include <cassert>

namespace gw::io {

void Cancellation::Hook::attach(Cancellation& to) noexcept {
    assert(owner_ == nullptr && "a hook has one owner at a time");
    owner_ = &to;
    next_ = to.first_;
    if (next_ != nullptr) next_->previous_ = this;
    to.first_ = this;
}

void Cancellation::Hook::detach() noexcept {
    if (owner_ == nullptr) return;
    if (next_ != nullptr) next_->previous_ = previous_;
    if (previous_ != nullptr)
        previous_->next_ = next_;
    else
        owner_->first_ = next_;
    owner_ = nullptr;
    previous_ = next_ = nullptr;
}

Cancellation::Cancellation(Cancellation& parent) noexcept : reason_(parent.reason_) {
    if (!requested()) parent_.attach(parent);
}

Cancellation::~Cancellation() {
    assert(first_ == nullptr && "hooks end before their cancellation");
}

void Cancellation::cancel(CancelReason reason) noexcept {
    if (requested()) return;
    reason_ = reason;
    while (first_ != nullptr) {
        Hook* hook = first_;
        hook->detach();
        hook->onCancel(reason);
    }
}

}  // namespace gw::io
