#pragma once
#include <gwp/plugin.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "io/worker_pool.h"
#include "observability/metrics.h"
#include "plugin_host/control_thread.h"
#include "plugin_host/instance_context.h"
#include "plugin_host/key_value_store.h"
#include "plugin_host/outbound.h"
#include "plugin_host/owner_token.h"

namespace gw::plugin_host {

/// Where gwp.http/1 finds the network of a loop; app/ implements it.
class OutboundProvider {
public:
    virtual ~OutboundProvider() = default;
    /// Null: this loop has none. [loop]
    [[nodiscard]] virtual Outbound* outboundOf(io::EventLoop& loop) = 0;
    /// A named upstream of the configuration, or null. Lives as long as this. [any]
    [[nodiscard]] virtual const Endpoint* endpoint(std::string_view name) const = 0;
};

/// What the services stand on; everything is borrowed and outlives every instance. Null kv or outbound: the service is
/// not offered.
struct HostParts {
    const Clock& clock;
    observability::Metrics& metrics;
    ControlThread& control;
    io::WorkerPool& workers;
    OwnerTokens& tokens;
    KeyValueStore* kv = nullptr;
    OutboundProvider* outbound = nullptr;
    bool thread_check = false;
};

/// The gwp_host of the process: static, version and services included. [any]
[[nodiscard]] const gwp_host& gwpHost() noexcept;

/// Whether an instance could get this service at all ("gwp.kv/1"), whatever it was granted. [any]
[[nodiscard]] bool offersService(const HostParts& parts, std::string_view id) noexcept;
/// The capability that a service demands; empty: none.
[[nodiscard]] std::string_view capabilityOf(std::string_view service) noexcept;

/// The tables, one per file service_*.cpp. [any]
[[nodiscard]] const gwp_svc_log& logService() noexcept;
[[nodiscard]] const gwp_svc_metrics& metricsService() noexcept;
[[nodiscard]] const gwp_svc_secrets& secretsService() noexcept;
[[nodiscard]] const gwp_svc_timer& timerService() noexcept;
[[nodiscard]] const gwp_svc_task& taskService() noexcept;
[[nodiscard]] const gwp_svc_http& httpService() noexcept;
[[nodiscard]] const gwp_svc_kv& kvService() noexcept;
[[nodiscard]] const gwp_svc_json& jsonService() noexcept;
[[nodiscard]] const gwp_svc_thread_check& threadCheckService() noexcept;

/// No timer of this instance fires from here on; waits for one that runs. Before destroy(). [main]
void cancelTimers(InstanceContext& context);
/// Replaces every value of a secret of this instance by "[redacted]". [any]
[[nodiscard]] std::string redacted(const InstanceContext& context, std::string_view text);

[[nodiscard]] inline std::string_view view(gwp_str text) noexcept {
    return text.ptr == nullptr ? std::string_view() : std::string_view(text.ptr, text.len);
}
[[nodiscard]] inline std::string_view view(gwp_bytes bytes) noexcept {
    return bytes.ptr == nullptr ? std::string_view()
                                : std::string_view(reinterpret_cast<const char*>(bytes.ptr), bytes.len);
}
[[nodiscard]] inline gwp_str abi(std::string_view text) noexcept {
    return {text.data(), text.size()};
}
[[nodiscard]] inline gwp_bytes abiBytes(std::string_view text) noexcept {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace gw::plugin_host
