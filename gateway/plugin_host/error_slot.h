#pragma once
#include <gwp/base.h>

#include <cstdint>
#include <string>
#include <string_view>

/// What the C ABI calls gwp_error: filled by host->error_set, the last write wins. [thread of the call that lent it]
struct gwp_error {
    gwp_status status = GWP_OK;
    std::uint32_t http_status = 0;     // 0: the host chooses
    std::int64_t retry_after_ms = -1;  // < 0: do not retry; 0: host policy; > 0: not before
    std::string type;
    std::string text;

    [[nodiscard]] bool filled() const noexcept { return status != GWP_OK; }
    void set(gwp_status code, std::uint32_t http, std::int64_t retry, std::string_view kind, std::string_view message);
    void reset() noexcept;
    /// "text (type)", or what the bare status means when the plugin said nothing.
    [[nodiscard]] std::string words(gwp_status returned) const;
};

namespace gw::plugin_host {
using ErrorSlot = ::gwp_error;
/// "timeout" for GWP_E_TIMEOUT, ...; "unknown status" for others.
[[nodiscard]] std::string_view statusName(gwp_status status) noexcept;
}  // namespace gw::plugin_host
