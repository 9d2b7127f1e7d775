#pragma once
#include <gwp/base.h>

#include <map>
#include <memory>
#include <mutex>

namespace gw::plugin_host {

class PluginTimer;

/// The timers one instance has running. [any]
class TimerTable {
public:
    static constexpr std::size_t kMostTimers = 1000;

    /// 0: too many.
    [[nodiscard]] gwp_token add(std::shared_ptr<PluginTimer> timer);
    [[nodiscard]] std::shared_ptr<PluginTimer> take(gwp_token token);
    [[nodiscard]] std::map<gwp_token, std::shared_ptr<PluginTimer>> takeAll();

private:
    std::mutex mutex_;
    std::map<gwp_token, std::shared_ptr<PluginTimer>> timers_;
    gwp_token last_ = 0;
};

}  // namespace gw::plugin_host
