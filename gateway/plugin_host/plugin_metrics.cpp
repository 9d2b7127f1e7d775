#include "plugin_host/plugin_metrics.h"

#include <algorithm>
#include <utility>

namespace gw::plugin_host {

namespace {

constexpr std::size_t kMaxMetrics = 100;
constexpr std::size_t kMaxLabels = 8;
constexpr std::size_t kMaxLabelValue = 128;
constexpr std::string_view kOverflow = "_overflow";

bool isName(std::string_view text) {
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
    return !text.empty() && text.size() <= 100 && letter(text.front()) &&
           std::ranges::all_of(text, [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

bool isAcceptable(const PluginMetrics::Definition& definition) {
    const auto good = [](const std::string& label) { return isName(label) && label != "instance"; };
    return definition.kind >= GWP_METRIC_COUNTER && definition.kind <= GWP_METRIC_HISTOGRAM &&
           isName(definition.name) && definition.labels.size() <= kMaxLabels &&
           std::ranges::all_of(definition.labels, good);
}

std::string labelValue(gwp_str text) {
    if (text.len == 0) return {};
    return std::string(text.ptr, std::min<std::size_t>(text.len, kMaxLabelValue));
}

}  // namespace

void PluginMetrics::bind(observability::Metrics& metrics, const std::string& instance) {
    metrics_ = &metrics;
    instance_ = instance;
}

gwp_status PluginMetrics::define(Definition definition, std::uint32_t& handle) {
    if (metrics_ == nullptr || !isAcceptable(definition)) return GWP_E_INVALID;
    const std::lock_guard lock(mutex_);
    if (list_.size() >= kMaxMetrics) return GWP_E_LIMIT;
    auto metric = std::make_unique<Metric>();
    metric->definition = std::move(definition);
    if (metric->definition.labels.empty()) metric->plain = make(metric->definition, {});
    list_.push_back(std::move(metric));
    handle = static_cast<std::uint32_t>(list_.size());
    return GWP_OK;
}

PluginMetrics::Series PluginMetrics::make(const Definition& definition, const std::vector<std::string>& values) const {
    observability::Labels labels{{"instance", instance_}};
    for (std::size_t i = 0; i < values.size(); ++i) labels[definition.labels[i]] = values[i];
    const std::string name = "gateway_plugin_" + definition.name;
    Series series;
    if (definition.kind == GWP_METRIC_COUNTER)
        series.counter = &metrics_->counter(name, definition.help, labels);
    else if (definition.kind == GWP_METRIC_GAUGE)
        series.gauge = &metrics_->gauge(name, definition.help, labels);
    else
        series.histogram = &metrics_->histogram(name, definition.help, labels,
                                                {0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60, 300});
    return series;
}

void PluginMetrics::record(std::uint32_t handle, double value, const gwp_str* labels, std::uint64_t count) {
    const std::lock_guard lock(mutex_);
    if (handle == 0 || handle > list_.size()) return;
    Metric& metric = *list_[handle - 1];
    if (count != metric.definition.labels.size()) return;
    add(metric.definition, count == 0 ? metric.plain : find(metric, labels), value);
}

const PluginMetrics::Series& PluginMetrics::find(Metric& metric, const gwp_str* labels) {
    std::vector<std::string> values(metric.definition.labels.size());
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = labelValue(labels[i]);
    auto found = metric.series.find(values);
    if (found != metric.series.end()) return found->second;
    if (series_ >= kSeriesCap) {
        values.assign(values.size(), std::string(kOverflow));
        found = metric.series.find(values);
        if (found != metric.series.end()) return found->second;
    }
    ++series_;
    const Series series = make(metric.definition, values);
    return metric.series.emplace(std::move(values), series).first->second;
}

void PluginMetrics::add(const Definition& definition, const Series& series, double value) noexcept {
    if (definition.kind == GWP_METRIC_COUNTER) {
        if (value > 0) series.counter->add(value);
    } else if (definition.kind == GWP_METRIC_GAUGE) {
        series.gauge->set(value);
    } else {
        series.histogram->observe(value);
    }
}

}  // namespace gw::plugin_host
