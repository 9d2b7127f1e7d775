#pragma once
#include <string_view>

#include "plugin_host/error_slot.h"
#include "plugin_host/provider.h"

namespace gw::plugin_host {

/// What a plugin's error means for the client and for the dispatcher. `instance` and `phase` go to the log's detail.
/// [any]
[[nodiscard]] ProviderFailure failureOf(const ErrorSlot& slot, gwp_status returned, std::string_view instance,
                                        std::string_view phase);

}  // namespace gw::plugin_host
