#pragma once
#include <gwp/middleware.h>

#include <atomic>
#include <cstdint>
#include <string_view>

#include "observability/metrics.h"
#include "plugin_host/instance.h"
#include "plugin_host/middleware_chain.h"

namespace gw::plugin_host {

/// One link of a chain with what its plugin offers: the part of the table that it wants to be called. Read-only but for
/// the time of the last log line. [any]
struct ChainEntry {
    /// Asks the plugin what it wants; a phase it does not want is null in `table`. [main]
    explicit ChainEntry(ChainLink its_link);

    /// Counts a failure and logs it, at most once per minute.
    void noteFailure(std::string_view phase, std::string_view words) const;
    [[nodiscard]] InstanceContext& context() const noexcept { return link.instance->context(); }
    [[nodiscard]] gwp_instance* handle() const noexcept { return static_cast<gwp_instance*>(link.instance->handle()); }

    ChainLink link;
    gwp_middleware table{};
    observability::Metrics::Counter* failures = nullptr;
    mutable std::atomic<std::int64_t> logged_at{-1};  // minutes of the monotonic clock
};

}  // namespace gw::plugin_host
