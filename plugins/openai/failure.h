#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "json_value.h"

namespace openai {

/// What went wrong upstream, in the one vocabulary that all vendors' errors are brought to.
struct Failure {
    gwp_status code = GWP_E_UPSTREAM;
    std::uint32_t status = 502;  // as OpenAI would have answered
    std::int64_t retry_ms = 0;   // < 0: asking again is useless; 0: the host decides; > 0: not before
    std::string_view type;       // "rate_limit_exceeded", "insufficient_quota", ...
    std::string message;
};

/// Reads an error of any shape. `status`: of the response, 0 or 2xx when the error stood in a good one.
/// `hint_ms`: from the headers.
[[nodiscard]] Failure classify(std::uint32_t status, Json body, std::int64_t hint_ms);
/// The same for a body that is no JSON (HTML of a proxy, plain text, nothing).
[[nodiscard]] Failure classifyText(std::uint32_t status, std::string_view body, std::int64_t hint_ms);
/// The answer ended before its end.
[[nodiscard]] Failure truncated();
/// The provider says that it broke off ("network_error", "insufficient_system_resource", ...).
[[nodiscard]] Failure brokenOff(std::string_view reason);

/// Throws it as gwp::error.
[[noreturn]] void fail(const Failure& failure);

}  // namespace openai
