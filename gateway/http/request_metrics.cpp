#include "http/request_metrics.h"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <string_view>

namespace gw::http {
namespace {

std::vector<double> secondBounds() {
    return {0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300};
}

double secondsBetween(MonoTime from, MonoTime to) {
    return std::chrono::duration<double>(to - from).count();
}

/// The series of a label value, made on first sight; looked up under a shared lock ever after.
template <class Map, class Make>
const auto& lookUp(std::shared_mutex& mutex, Map& map, const std::string& name, Make make) {
    {
        const std::shared_lock lock(mutex);
        if (const auto found = map.find(name); found != map.end()) return *found->second;
    }
    const std::unique_lock lock(mutex);
    auto& slot = map[name];
    if (!slot) slot = std::make_unique<typename Map::mapped_type::element_type>(make());
    return *slot;
}

}  // namespace

RequestMetrics::Series RequestMetrics::makeSeries(const std::string& route) {
    Series series;
    for (std::size_t i = 0; i < series.requests.size(); ++i)
        series.requests[i] = &metrics_.counter("gateway_requests_total", "Requests by route and status class",
                                               {{"route", route}, {"status", std::to_string(i) + "xx"}});
    series.seconds =
        &metrics_.histogram("gateway_request_seconds", "From a request's first byte to the end of its answer",
                            {{"route", route}}, secondBounds());
    return series;
}

RequestMetrics::ProviderSeries RequestMetrics::makeProvider(const std::string& provider) {
    const auto tokens = [&](const char* kind) {
        return &metrics_.counter("gateway_tokens_total", "Tokens by provider and kind",
                                 {{"provider", provider}, {"kind", kind}});
    };
    return {.input = tokens("input"),
            .output = tokens("output"),
            .first_byte = &metrics_.histogram("gateway_time_to_first_byte_seconds",
                                              "Until the first byte of a provider's answer was sent",
                                              {{"provider", provider}}, secondBounds())};
}

const RequestMetrics::Series& RequestMetrics::of(const std::string& route) {
    return lookUp(mutex_, series_, route, [&] { return makeSeries(route.empty() ? "unmatched" : route); });
}

const RequestMetrics::ProviderSeries& RequestMetrics::ofProvider(const std::string& provider) {
    return lookUp(mutex_, providers_, provider, [&] { return makeProvider(provider); });
}

void RequestMetrics::observe(const Request& request) {
    const auto& access = request.access;
    const auto& series = of(access.route);
    series.requests[static_cast<std::size_t>(std::clamp(access.status / 100, 0, 5))]->add(1);
    series.seconds->observe(secondsBetween(access.begun, access.ended));
    if (access.provider.empty()) return;
    const auto& provider = ofProvider(access.provider);
    if (access.input_tokens > 0) provider.input->add(static_cast<double>(access.input_tokens));
    if (access.output_tokens > 0) provider.output->add(static_cast<double>(access.output_tokens));
    if (access.first_byte != MonoTime{}) provider.first_byte->observe(secondsBetween(access.begun, access.first_byte));
}

}  // namespace gw::http
