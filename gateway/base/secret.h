#pragma once
#include <string>
#include <string_view>
#include <utility>

namespace gw {

/// Text that is never printed: it has no stream operator and no implicit conversion, and its memory is wiped at the
/// end. [any]
class Secret {
public:
    Secret() = default;
    explicit Secret(std::string value) : value_(std::move(value)) {}
    Secret(const Secret&) = default;
    Secret(Secret&&) = default;
    Secret& operator=(const Secret&) = default;
    Secret& operator=(Secret&&) = default;
    ~Secret() { wipe(); }

    /// The plain text, for the one place that needs it. Borrowed.
    [[nodiscard]] std::string_view reveal() const noexcept { return value_; }
    [[nodiscard]] bool empty() const noexcept { return value_.empty(); }

private:
    void wipe() noexcept {
        volatile char* bytes = value_.data();
        for (std::size_t i = 0; i < value_.size(); ++i) bytes[i] = 0;
    }
    std::string value_;
};

}  // namespace gw
