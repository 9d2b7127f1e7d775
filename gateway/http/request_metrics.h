#pragma once
#include <array>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string>

#include "http/request.h"
#include "observability/metrics.h"

namespace gw::http {

/// Counts finished requests per route: how many by status, how long they took, tokens by model. Labels are routes,
/// status classes and providers, never what a client wrote. [any]
class RequestMetrics {
public:
    explicit RequestMetrics(observability::Metrics& metrics) : metrics_(metrics) {}
    void observe(const Request& request);

private:
    struct Series {
        std::array<observability::Metrics::Counter*, 6> requests{};  // by status / 100
        observability::Metrics::Histogram* seconds = nullptr;
    };
    struct ProviderSeries {
        observability::Metrics::Counter* input = nullptr;
        observability::Metrics::Counter* output = nullptr;
        observability::Metrics::Histogram* first_byte = nullptr;
    };
    [[nodiscard]] const Series& of(const std::string& route);
    [[nodiscard]] const ProviderSeries& ofProvider(const std::string& provider);
    [[nodiscard]] Series makeSeries(const std::string& route);
    [[nodiscard]] ProviderSeries makeProvider(const std::string& provider);

    observability::Metrics& metrics_;
    std::shared_mutex mutex_;
    std::map<std::string, std::unique_ptr<Series>> series_;
    std::map<std::string, std::unique_ptr<ProviderSeries>> providers_;
};

}  // namespace gw::http
