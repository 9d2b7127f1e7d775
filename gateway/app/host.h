#pragma once
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "config/options.h"
#include "io/loop_group.h"
#include "io/worker_pool.h"
#include "observability/metrics.h"
#include "plugin_host/control_thread.h"
#include "plugin_host/host_services.h"
#include "plugin_host/key_value_store.h"
#include "plugin_host/owner_token.h"
#include "plugin_host/plugin_loader.h"
#include "plugin_host/registry.h"
#include "upstream/curl_global.h"
#include "upstream/upstream_client.h"

namespace gw::app {

/// How libraries are found, copied and probed, from the configuration. Throws std::runtime_error for an owner that is
/// no user.
[[nodiscard]] plugin_host::LoaderOptions loaderOptions(const config::PluginOptions& options, bool probe);

/// What everything stands on: threads, loops, the way out, and the plugins' host. Built once, ended last. [main]
class Host final : public plugin_host::OutboundProvider {
public:
    Host(const config::GatewayOptions& options, plugin_host::LoaderOptions loader);
    Host(const Host&) = delete;
    Host& operator=(const Host&) = delete;
    ~Host() override;

    [[nodiscard]] plugin_host::Outbound* outboundOf(io::EventLoop& loop) override;
    [[nodiscard]] const plugin_host::Endpoint* endpoint(std::string_view name) const override;

    SystemClock clock;
    observability::Metrics metrics;
    upstream::CurlGlobal curl;
    io::LoopGroup loops;
    io::WorkerPool workers;
    plugin_host::ControlThread control;
    plugin_host::OwnerTokens tokens;
    plugin_host::MemoryStore kv;

private:
    std::vector<std::unique_ptr<upstream::UpstreamClient>> upstreams_;  // by loop
    plugin_host::HostParts parts_;

public:
    plugin_host::Registry registry;  // last: its instances use everything above
};

}  // namespace gw::app
