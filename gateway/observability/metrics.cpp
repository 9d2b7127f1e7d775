#include "observability/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <mutex>

namespace gw::observability {
namespace {

class CounterSeries final : public Metrics::Counter {
public:
    explicit CounterSeries(prometheus::Counter& counter) : counter_(counter) {}
    void add(double by) noexcept override { counter_.Increment(by); }

private:
    prometheus::Counter& counter_;
};

class GaugeSeries final : public Metrics::Gauge {
public:
    explicit GaugeSeries(prometheus::Gauge& gauge) : gauge_(gauge) {}
    void set(double value) noexcept override { gauge_.Set(value); }
    void add(double by) noexcept override { gauge_.Increment(by); }

private:
    prometheus::Gauge& gauge_;
};

class HistogramSeries final : public Metrics::Histogram {
public:
    explicit HistogramSeries(prometheus::Histogram& histogram) : histogram_(histogram) {}
    void observe(double value) noexcept override { histogram_.Observe(value); }

private:
    prometheus::Histogram& histogram_;
};

using SeriesKey = std::pair<std::string, Labels>;

/// The series made so far, so that each is wrapped once.
template <class Base, class Wrapper, class Make>
Base& lookUp(std::map<SeriesKey, std::unique_ptr<Base>>& series, const std::string& name, const Labels& labels,
             Make make) {
    auto& slot = series[{name, labels}];
    if (!slot) slot = std::make_unique<Wrapper>(make());
    return *slot;
}

}  // namespace

struct Metrics::State {
    prometheus::Registry registry;
    std::mutex mutex;
    std::map<SeriesKey, std::unique_ptr<Counter>> counters;
    std::map<SeriesKey, std::unique_ptr<Gauge>> gauges;
    std::map<SeriesKey, std::unique_ptr<Histogram>> histograms;
};

Metrics::Metrics() : state_(std::make_unique<State>()) {}
Metrics::~Metrics() = default;

Metrics::Counter& Metrics::counter(const std::string& name, const std::string& help, const Labels& labels) {
    const std::scoped_lock lock(state_->mutex);
    return lookUp<Counter, CounterSeries>(state_->counters, name, labels, [&]() -> prometheus::Counter& {
        return prometheus::BuildCounter().Name(name).Help(help).Register(state_->registry).Add(labels);
    });
}

Metrics::Gauge& Metrics::gauge(const std::string& name, const std::string& help, const Labels& labels) {
    const std::scoped_lock lock(state_->mutex);
    return lookUp<Gauge, GaugeSeries>(state_->gauges, name, labels, [&]() -> prometheus::Gauge& {
        return prometheus::BuildGauge().Name(name).Help(help).Register(state_->registry).Add(labels);
    });
}

Metrics::Histogram& Metrics::histogram(const std::string& name, const std::string& help, const Labels& labels,
                                       const std::vector<double>& bounds) {
    const std::scoped_lock lock(state_->mutex);
    return lookUp<Histogram, HistogramSeries>(state_->histograms, name, labels, [&]() -> prometheus::Histogram& {
        return prometheus::BuildHistogram().Name(name).Help(help).Register(state_->registry).Add(labels, bounds);
    });
}

std::string Metrics::text() const {
    return prometheus::TextSerializer().Serialize(state_->registry.Collect());
}

}  // namespace gw::observability
