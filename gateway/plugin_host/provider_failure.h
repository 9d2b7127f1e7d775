#pragma once
#include <string_view>

#include "plugin_host/error_slot.h"
#include "plugin_host/instance_context.h"
#include "plugin_host/provider.h"

namespace gw::plugin_host {

/// What a plugin's error means for the client and for the dispatcher. Instance and `phase` go to the log's detail; the
/// instance's secrets go nowhere. [any]
[[nodiscard]] ProviderFailure failureOf(const ErrorSlot& slot, gwp_status returned, const InstanceContext& context,
                                        std::string_view phase);
/// A plugin that did what no contract allows; `what` is for the log. [any]
[[nodiscard]] ProviderFailure misbehaved(const InstanceContext& context, std::string_view phase, std::string_view what);

}  // namespace gw::plugin_host
