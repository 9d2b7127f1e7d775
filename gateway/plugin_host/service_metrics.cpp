#include <string>
#include <utility>

#include "plugin_host/host_services.h"

namespace gw::plugin_host {

namespace {

// The parameters are the ABI's. NOLINTNEXTLINE(readability-function-size)
gwp_status define(gwp_hctx* hc, std::uint32_t kind, gwp_str name, gwp_str help, gwp_str unit,
                  const gwp_str* label_names, std::uint64_t label_count, std::uint32_t* out_handle) noexcept {
    InstanceContext& context = InstanceContext::of(hc);
    if (!context.defining.load(std::memory_order_relaxed)) return GWP_E_DENIED;
    try {
        PluginMetrics::Definition definition{kind, std::string(view(name)), std::string(view(help)), {}};
        if (unit.len > 0) definition.help += " (" + std::string(view(unit)) + ")";
        for (std::uint64_t i = 0; i < label_count; ++i) definition.labels.emplace_back(view(label_names[i]));
        return context.metrics.define(std::move(definition), *out_handle);
    } catch (...) {
        return GWP_E_INVALID;  // such as the name of another metric with other labels
    }
}

void record(gwp_hctx* hc, std::uint32_t handle, double value, const gwp_str* labels, std::uint64_t count) noexcept {
    try {
        InstanceContext::of(hc).metrics.record(handle, value, labels, count);
    } catch (...) {  // NOLINT(bugprone-empty-catch): a lost sample is no reason to fail the caller
    }
}

}  // namespace

const gwp_svc_metrics& metricsService() noexcept {
    static constexpr gwp_svc_metrics kTable = {sizeof(gwp_svc_metrics), 0, define, record};
    return kTable;
}

}  // namespace gw::plugin_host
