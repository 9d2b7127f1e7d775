#pragma once
#include <cstdint>
#include <string_view>

#include "json_value.h"

namespace openai {

/// How long the provider wants to be left alone, in milliseconds; 0: it did not say. From retry-after-ms, retry-after
/// (seconds or a date) and the x-ratelimit-reset-* of what is used up. `now_ms`: wall clock.
[[nodiscard]] std::int64_t retryHint(const gwp_http_head& head, std::uint64_t now_ms);

/// "Please try again in 1.2s", "retry after 7 seconds": the only hint that some give.
[[nodiscard]] std::int64_t retryHintOfText(std::string_view message);

/// A reset time in any of its forms: Go duration ("1m26.4s"), seconds, epoch in milliseconds, RFC 3339. 0: none of
/// them.
[[nodiscard]] std::int64_t resetMillis(std::string_view text, std::uint64_t now_ms);

}  // namespace openai
