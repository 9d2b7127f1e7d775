#pragma once
#include <gwp/base.h>

#include <mutex>
#include <set>
#include <utility>

namespace gw::plugin_host {

struct InstanceContext;

/// Which tokens a resume() may still answer: it is called on any thread and must say at once whether it came too late
/// or twice, which only the loop of the transaction could tell otherwise. One for the process, since resume() knows
/// nothing but numbers. [any]
class ResumeGate {
public:
    [[nodiscard]] static ResumeGate& ofProcess() {
        static ResumeGate gate;
        return gate;
    }
    void open(const InstanceContext& context, gwp_token token) {
        const std::lock_guard lock(mutex_);
        open_.emplace(&context, token);
    }
    /// False: it was closed already.
    bool close(const InstanceContext& context, gwp_token token) noexcept {
        const std::lock_guard lock(mutex_);
        return open_.erase({&context, token}) > 0;
    }

private:
    std::mutex mutex_;
    std::set<std::pair<const InstanceContext*, gwp_token>> open_;
};

}  // namespace gw::plugin_host
