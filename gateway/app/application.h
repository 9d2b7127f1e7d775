#pragma once
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "admin/health.h"
#include "admin/key_admin.h"
#include "admin/model_list.h"
#include "admin/usage_report.h"
#include "app/host.h"
#include "app/model_refresh.h"
#include "app/operator_signals.h"
#include "app/plugin_set.h"
#include "app/routes.h"
#include "auth/authenticator.h"
#include "chat/chat_service.h"
#include "chat/dispatcher.h"
#include "chat/generation.h"
#include "chat/settlement.h"
#include "chat/usage_recorder.h"
#include "config/config_loader.h"
#include "http/metrics_handler.h"
#include "http/request_metrics.h"
#include "http/server.h"
#include "http/tls_context.h"
#include "plugin_host/record_store.h"
#include "routing/model_catalog.h"
#include "routing/provider_health.h"
#include "sessions/idempotency.h"
#include "sessions/session_service.h"
#include "storage/usage_spool.h"

namespace gw::app {

/// The gateway: every object built once, in order, and ended in the reverse. [main]
class Application {
public:
    /// Throws std::runtime_error with every reason why it cannot start, a line each.
    Application(config::LoadRequest request, config::Config config);
    Application(const Application&) = delete;
    Application& operator=(const Application&) = delete;
    ~Application();

    /// Serves until SIGTERM or SIGINT, then drains.
    void run(const OperatorSignals& signals);

private:
    void openPlugins();
    void openStorage();
    void openServers();
    void addHealthProbes();
    void checkPlugins(std::vector<admin::HealthCheck>& checks) const;
    void announce() const;
    void drain();

    /// Applies the configuration files as they are now, whole, or throws Error with every finding and changes nothing.
    /// Returns what happened as JSON. [any, one at a time]
    std::string reload();
    [[nodiscard]] std::map<ProviderName, std::chrono::milliseconds> refreshPlan(const PluginSet& set) const;
    [[nodiscard]] admin::ModelList::Serving serving() const;
    [[nodiscard]] std::vector<std::string> restartNeeded(const config::GatewayOptions& next) const;
    [[nodiscard]] std::string pluginsJson() const;
    [[nodiscard]] std::string metricsText();
    void finished(const http::Request& request);

    config::LoadRequest request_;
    std::mutex config_mutex_;      // one reload at a time
    const config::Config config_;  // as it was at the start; what a reload changes stands in the generation
    std::atomic<bool> access_log_;
    Host host_;
    routing::ModelCatalog catalog_;
    routing::ProviderHealth provider_health_;
    chat::CurrentGeneration generation_;
    std::mutex plan_mutex_;
    std::map<ProviderName, std::chrono::milliseconds> refresh_plan_;
    std::optional<plugin_host::RecordStore> store_;
    std::optional<auth::Authenticator> authenticator_;
    std::optional<storage::UsageSpool> spool_;
    std::optional<chat::UsageRecorder> recorder_;
    std::optional<sessions::SessionService> sessions_;
    std::optional<sessions::Idempotency> idempotency_;
    std::optional<chat::Dispatcher> dispatcher_;
    std::optional<chat::Settlement> settlement_;
    std::optional<chat::ChatService> chat_;
    std::optional<admin::KeyAdmin> keys_;
    std::optional<admin::ModelList> models_;
    std::optional<admin::UsageReport> usage_;
    admin::Health health_;
    http::RequestMetrics request_metrics_;
    std::optional<Routes> routes_;
    std::optional<ModelRefresh> refresh_;
    std::optional<http::TlsContext> tls_;
    std::optional<http::MetricsHandler> open_metrics_;
    http::Router metrics_router_;
    std::optional<http::Server> server_, metrics_server_;
};

}  // namespace gw::app
