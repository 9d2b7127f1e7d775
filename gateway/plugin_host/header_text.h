#pragma once
#include <string_view>

namespace gw::plugin_host {

/// RFC 9110 5.5: what would end the line, or the header, never leaves the gateway. [any]
[[nodiscard]] inline bool isHeaderSafe(std::string_view text) noexcept {
    return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

/// Whether `name` is a token (RFC 9110 5.6.2). [any]
[[nodiscard]] inline bool isHeaderName(std::string_view name) noexcept {
    constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
    if (name.empty()) return false;
    for (const char c : name) {
        const bool alphanumeric = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!alphanumeric && kOthers.find(c) == std::string_view::npos) return false;
    }
    return true;
}

}  // namespace gw::plugin_host
