#pragma once
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gw::observability {

using Labels = std::map<std::string, std::string>;

/// The process's metrics in Prometheus' model. Looking a series up takes a lock: do it at start and keep the reference;
/// series live as long as Metrics. [any]
class Metrics {
public:
    class Counter {
    public:
        virtual ~Counter() = default;
        virtual void add(double by) noexcept = 0;
    };
    class Gauge {
    public:
        virtual ~Gauge() = default;
        virtual void set(double value) noexcept = 0;
        virtual void add(double by) noexcept = 0;
    };
    class Histogram {
    public:
        virtual ~Histogram() = default;
        virtual void observe(double value) noexcept = 0;
    };

    Metrics();
    ~Metrics();
    Metrics(const Metrics&) = delete;
    Metrics& operator=(const Metrics&) = delete;

    /// The same name and labels give the same series.
    [[nodiscard]] Counter& counter(const std::string& name, const std::string& help, const Labels& labels = {});
    [[nodiscard]] Gauge& gauge(const std::string& name, const std::string& help, const Labels& labels = {});
    [[nodiscard]] Histogram& histogram(const std::string& name, const std::string& help, const Labels& labels,
                                       const std::vector<double>& bounds);
    /// Prometheus' text format 0.0.4.
    [[nodiscard]] std::string text() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace gw::observability
