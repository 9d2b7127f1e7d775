#pragma once
#include <string_view>

#include "base/error.h"
#include "plugin_host/error_slot.h"

namespace gw::plugin_host {

/// Whether the plugin has decided against the request, which on_failure does not soften: its own words carry a status
/// 4xx, or none and GWP_E_DENIED or GWP_E_LIMIT. [any]
[[nodiscard]] bool isRefusal(const ErrorSlot& slot) noexcept;
/// What a middleware's refusal or failure means for the client: its own words and, as near as the closed list of codes
/// allows, its own HTTP status. `phase` goes to the log's detail. [any]
[[nodiscard]] Error middlewareError(const ErrorSlot& slot, gwp_status returned, std::string_view instance,
                                    std::string_view phase);
/// The Error of GWP_MW_STOP.
[[nodiscard]] Error stopError(const ErrorSlot& slot, std::string_view instance);

/// An Error as on_error() sees it, and what a link made of it. `before` is what fillSlot() wrote.
void fillSlot(ErrorSlot& slot, const Error& error);
void readSlot(const ErrorSlot& slot, const ErrorSlot& before, std::string_view instance, Error& error);

}  // namespace gw::plugin_host
