#include "plugin_host/error_slot.h"

#include <array>

namespace gw::plugin_host {

namespace {
constexpr std::size_t kMaxText = 4096;  // of what a plugin says about an error

constexpr std::array<std::string_view, 16> kNames = {
    "ok",      "internal error", "invalid", "unsupported", "not found", "exists", "conflict",       "busy",
    "timeout", "cancelled",      "denied",  "limit",       "I/O error", "gone",   "unknown commit", "upstream error",
};
}  // namespace

std::string_view statusName(gwp_status status) noexcept {
    if (status > 0 || status < -15) return "unknown status";
    return kNames.at(static_cast<std::size_t>(-status));
}

}  // namespace gw::plugin_host

void gwp_error::set(gwp_status code, std::uint32_t http, std::int64_t retry, std::string_view kind,
                    std::string_view message) {
    status = code;
    http_status = http;
    retry_after_ms = retry;
    type.assign(kind.substr(0, gw::plugin_host::kMaxText));
    text.assign(message.substr(0, gw::plugin_host::kMaxText));
}

void gwp_error::reset() noexcept {
    status = GWP_OK;
    http_status = 0;
    retry_after_ms = -1;
    type.clear();
    text.clear();
}

std::string gwp_error::words(gwp_status returned) const {
    if (text.empty())
        return "status " + std::to_string(returned) + " (" + std::string(gw::plugin_host::statusName(returned)) + ")";
    return type.empty() ? text : text + " (" + type + ")";
}
