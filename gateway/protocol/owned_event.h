#pragma once
#include <optional>
#include <string>

#include "protocol/chat_event.h"

namespace gw::protocol {

/// A ChatEvent that owns what it says, for events that must wait.
class OwnedEvent {
public:
    explicit OwnedEvent(const ChatEvent& event)
        : kind_(event.kind),
          choice_(event.choice),
          block_(event.block),
          text_(event.text),
          id_(event.id),
          name_(event.name),
          json_(event.json),
          data_(event.data) {
        if (event.usage != nullptr) usage_ = *event.usage;
    }

    /// Borrowed from this object.
    [[nodiscard]] ChatEvent view() const noexcept {
        return {kind_, choice_, block_, text_, id_, name_, json_, data_, usage_ ? &*usage_ : nullptr};
    }
    [[nodiscard]] std::size_t bytes() const noexcept {
        return text_.size() + id_.size() + name_.size() + json_.size() + data_.size();
    }

private:
    EventKind kind_;
    std::uint32_t choice_, block_;
    std::string text_, id_, name_, json_, data_;
    std::optional<Usage> usage_;
};

}  // namespace gw::protocol
