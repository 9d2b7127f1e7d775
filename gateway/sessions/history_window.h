#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace gw::sessions {

/// One stored message as the window weighs it.
struct Weighed {
    std::string_view role;  // "user" or "assistant"
    std::size_t bytes = 0;
};

/// How many of the newest messages fit `tokens` beside `reserved` tokens (the new message, the system prompt, the
/// answer): the oldest leave first, and what is left begins with a user's message. Four bytes count as a token, which
/// is high for English and about right for Chinese in UTF-8: a window that is too small costs memory of the talk, one
/// that is too large an error of the provider. [any]
[[nodiscard]] std::size_t fittingMessages(std::span<const Weighed> oldest_first, std::int64_t tokens,
                                          std::int64_t reserved);

[[nodiscard]] constexpr std::int64_t estimateTokens(std::size_t bytes) {
    return static_cast<std::int64_t>(bytes / 4 + 4);
}

}  // namespace gw::sessions
