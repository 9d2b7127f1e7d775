#include "admin/health.h"

#include <algorithm>

namespace gw::admin {

HealthReport Health::report() const {
    HealthReport report;
    report.draining = draining_;
    for (const auto& probe : probes_) probe(report.checks);
    for (const auto& check : report.checks) report.state = std::max(report.state, check.state);
    if (report.draining) report.state = HealthState::Down;
    return report;
}

}  // namespace gw::admin
