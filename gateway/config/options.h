#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/secret.h"
#include "base/strong_id.h"
#include "http/options.h"
#include "observability/log.h"
#include "plugin_host/middleware_chain.h"
#include "plugin_host/outbound.h"
#include "routing/model_router.h"
#include "routing/provider_health.h"
#include "upstream/options.h"

namespace gw::config {

struct ServerOptions {
    http::HttpOptions http;
    std::size_t loops = 0;                            // 0: one per core
    std::chrono::milliseconds drain_timeout{30'000};  // SIGTERM: how long open answers may go on
};

struct TlsOptions {
    std::string certificate;  // PEM files; both empty: plain HTTP
    std::string key;
    [[nodiscard]] bool enabled() const noexcept { return !certificate.empty(); }
};

struct MetricsOptions {
    bool enabled = true;
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;  // 0: on the server's own port
};

struct LogSettings {
    observability::LogOptions log;
    bool access = true;  // one line per request
};

struct AuthOptions {
    Secret bootstrap_key;  // empty: one is made on an empty database, and shown once
    std::chrono::seconds fresh{30};
    std::chrono::seconds stale{300};
    std::size_t cached_keys = 50'000;
};

struct WorkerOptions {
    std::size_t threads = 8;
    std::size_t queue = 1024;  // jobs that wait; beyond: 503
};

struct StorageOptions {
    std::string instance = "main";  // the storage plugin's instance
    std::string migrations;         // directory; empty: the one shipped
    bool migrate = true;            // apply them at start
    std::string spool = "./var/usage.spool";
};

struct PluginOptions {
    std::vector<std::string> dirs;  // empty: ../lib/ai-gateway/plugins beside the binary
    std::string owner = "self";     // who may own a library, beside root: a user's name; self: who runs the gateway
    std::string runtime_dir;        // private copies; empty: a directory of our own below /tmp, removed at the end
    std::string state_dir = "./var/plugins";
    std::chrono::milliseconds probe_timeout{5'000};
    std::chrono::milliseconds start_timeout{30'000};
    std::vector<std::string> drafts;  // libraries that may use draft interfaces
    plugin_host::HoldLimits hold;
};

struct ModelOptions {
    std::string fallback;  // models.default: for requests that name none
    routing::ModelRouter::Aliases aliases;
};

struct RoutingOptions {
    std::size_t attempts = 3;  // candidates asked per request at most
    routing::ProviderHealth::Options health;
};

struct HistoryOptions {
    std::size_t messages = 100;  // what of a session is sent along, the newest first
    std::size_t bytes = 512UL * 1024;
};

/// Everything an operator can say in gateway.yaml. The values here are the defaults; option_table.cpp says what each is
/// for and what it may be. Read-only once loaded.
struct GatewayOptions {
    ServerOptions server;
    TlsOptions tls;
    MetricsOptions metrics;
    LogSettings log;
    AuthOptions auth;
    WorkerOptions workers;
    StorageOptions storage;
    PluginOptions plugins;
    ModelOptions models;
    RoutingOptions routing;
    HistoryOptions history;
    upstream::UpstreamOptions upstream;
};

/// What the host itself reads from a provider instance's `config`; the plugin never sees it.
struct ProviderOptions {
    plugin_host::Endpoint endpoint;
    std::vector<std::string> models;                   // empty: the provider is asked
    std::chrono::milliseconds model_refresh{600'000};  // 0: the list is not asked for
};

/// How a middleware instance stands in the chain.
struct MiddlewareOptions {
    std::uint32_t order = 0;  // 0: the class's stage
    std::vector<std::string> routes = {"*"};
    bool fail_open = false;
    std::chrono::milliseconds timeout{5'000};
};

}  // namespace gw::config
