#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace gw::admin {

enum class HealthState : std::uint8_t { Ok, Degraded, Down };

struct HealthCheck {
    std::string name;  // "storage", "plugin:openai"
    HealthState state = HealthState::Ok;
    std::string detail;  // for operators; no secret
};

struct HealthReport {
    HealthState state = HealthState::Ok;  // the worst of the checks; Down while draining
    bool draining = false;
    std::vector<HealthCheck> checks;
};

/// What /readyz tells: whether a balancer should send requests here. Probes are added at start and must not block.
/// [any]
class Health {
public:
    using Probe = std::function<void(std::vector<HealthCheck>&)>;
    void add(Probe probe) { probes_.push_back(std::move(probe)); }
    /// From now on not ready: the process is about to end.
    void drain() noexcept { draining_ = true; }
    [[nodiscard]] HealthReport report() const;

private:
    std::vector<Probe> probes_;
    std::atomic<bool> draining_{false};
};

}  // namespace gw::admin
