#pragma once
#include <gwp/host.h>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "observability/metrics.h"

namespace gw::plugin_host {

/// The metrics one instance defined: gateway_plugin_<name>{instance,...}. Beyond kSeriesCap series a sample goes to one
/// whose labels read "_overflow". [any]; define() only while create() or start() runs.
class PluginMetrics {
public:
    static constexpr std::size_t kSeriesCap = 500;
    struct Definition {
        std::uint32_t kind = GWP_METRIC_COUNTER;
        std::string name, help;
        std::vector<std::string> labels;
    };

    /// Bound once, before the first define().
    void bind(observability::Metrics& metrics, const std::string& instance);
    /// GWP_E_INVALID: kind, name or label that Prometheus would not take; GWP_E_LIMIT: too many metrics.
    [[nodiscard]] gwp_status define(Definition definition, std::uint32_t& handle);
    void record(std::uint32_t handle, double value, const gwp_str* labels, std::uint64_t count);

private:
    struct Series {
        observability::Metrics::Counter* counter = nullptr;
        observability::Metrics::Gauge* gauge = nullptr;
        observability::Metrics::Histogram* histogram = nullptr;
    };
    struct Metric {
        Definition definition;
        Series plain;  // of a metric without labels
        std::map<std::vector<std::string>, Series> series;
    };
    [[nodiscard]] Series make(const Definition& definition, const std::vector<std::string>& values) const;
    [[nodiscard]] const Series& find(Metric& metric, const gwp_str* labels);
    static void add(const Definition& definition, const Series& series, double value) noexcept;

    observability::Metrics* metrics_ = nullptr;
    std::string instance_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<Metric>> list_;
    std::size_t series_ = 0;
};

}  // namespace gw::plugin_host
