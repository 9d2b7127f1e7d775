#pragma once
#include <compare>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace gw {

/// A string that cannot be mistaken for another kind of string. [any]
template <class Tag>
class StrongId {
public:
    StrongId() = default;
    explicit StrongId(std::string value) : value_(std::move(value)) {}
    explicit StrongId(std::string_view value) : value_(value) {}
    explicit StrongId(const char* value) : value_(value) {}

    [[nodiscard]] const std::string& str() const noexcept { return value_; }
    [[nodiscard]] bool empty() const noexcept { return value_.empty(); }
    auto operator<=>(const StrongId&) const = default;

private:
    std::string value_;
};

using UserId = StrongId<struct UserTag>;            // usr_…
using KeyId = StrongId<struct KeyTag>;              // key_…
using SessionId = StrongId<struct SessionTag>;      // sess_…
using MessageId = StrongId<struct MessageTag>;      // msg_…
using RequestId = StrongId<struct RequestTag>;      // req_… or the client's own
using ModelName = StrongId<struct ModelTag>;        // as the provider spells it
using ProviderName = StrongId<struct ProviderTag>;  // the plugin instance's name

}  // namespace gw

template <class Tag>
struct std::hash<gw::StrongId<Tag>> {
    std::size_t operator()(const gw::StrongId<Tag>& id) const noexcept { return std::hash<std::string>{}(id.str()); }
};
