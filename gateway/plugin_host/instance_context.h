#pragma once
#include <gwp/plugin.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"
#include "observability/metrics.h"
#include "plugin_host/arena.h"
#include "plugin_host/instance.h"
#include "plugin_host/log_budget.h"
#include "plugin_host/outbound.h"
#include "plugin_host/plugin_metrics.h"
#include "plugin_host/timer_table.h"

/// What the C ABI calls gwp_hctx; every one is a gw::plugin_host::InstanceContext.
struct gwp_hctx {};

namespace gw::plugin_host {

struct HostParts;  // plugin_host/host_services.h: what the services stand on

struct NamedSecret {
    std::string name;
    Secret value;
};

/// Something create() found wrong with its configuration.
struct Problem {
    std::uint32_t level = GWP_LOG_ERROR;
    std::string pointer;  // into the config JSON
    std::string text;
};

/// What the host knows about one instance (or, during entry, about a library): its name, rights and secrets. The
/// address is the gwp_hctx*, stable until destroy() has returned. Set up before create(), then read-only but for the
/// atomics and members with a lock of their own. [any]
struct InstanceContext : ::gwp_hctx {
    explicit InstanceContext(const HostParts& host_parts) : host(host_parts) {}
    InstanceContext(const InstanceContext&) = delete;
    InstanceContext& operator=(const InstanceContext&) = delete;
    ~InstanceContext() = default;

    const HostParts& host;
    std::string name;
    std::string library;
    std::vector<std::string> grants;  // capabilities that the operator granted
    bool allow_draft = false;
    std::vector<NamedSecret> secrets;
    Endpoint http;  // defaults of gwp.http/1
    gwp_instance* handle = nullptr;

    std::atomic<bool> defining{false};  // create() or start() runs: metrics may be defined
    PluginMetrics metrics;
    observability::Metrics::Counter* slow_calls = nullptr;
    mutable LogBudget log_budget;
    std::vector<Problem> problems;  // [main]
    Arena arena;                    // [main] what create() and start() parse without an arena of their own
    /// What is in flight (tasks, requests) holds a lock of it: destroy() comes after the last.
    std::weak_ptr<const void> self;
    TimerTable timers;

    /// The arena a plugin passed; for none, the one of create() and start(), else null: other threads may run as well.
    [[nodiscard]] gwp_arena* arenaOr(gwp_arena* given) noexcept {
        return given == nullptr && defining ? &arena : given;
    }
    [[nodiscard]] bool granted(std::string_view capability) const {
        return std::ranges::find(grants, capability) != grants.end();
    }
    [[nodiscard]] const Secret* secret(std::string_view secret_name) const noexcept {
        for (const NamedSecret& entry : secrets)
            if (entry.name == secret_name) return &entry.value;
        return nullptr;
    }
    [[nodiscard]] static InstanceContext& of(gwp_hctx* hc) noexcept { return *static_cast<InstanceContext*>(hc); }
};

/// Replaces the placeholders of gwp.secrets/1 in `text` by this instance's values; one it does not know stays. [any]
void revealPlaceholders(const InstanceContext& context, std::string& text);

}  // namespace gw::plugin_host
