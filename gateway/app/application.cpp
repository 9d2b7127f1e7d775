#include "app/application.h"

#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <thread>
#include <utility>

#include "app/migrations.h"
#include "auth/bootstrap.h"
#include "config/schema_loader.h"
#include "http/access_log.h"
#include "observability/log.h"
#include "sessions/history_window.h"

namespace gw::app {
namespace {

using observability::Level;

/// How long the start waits for the lists of models, so that bare names work from the first request on.
constexpr std::chrono::milliseconds kFirstModels{400};

/// Brings the database to this version, or (`migrate` off) refuses one that is not there yet.
void openDatabase(plugin_host::RecordStore& store, const plugin_host::Schema& schema, bool migrate) {
    if (!migrate) {
        store.declare(schema);
        if (!store.plan().empty())
            throw std::runtime_error("storage.migrate is off and the database is behind: run ai-gateway migrate");
    }
    store.open(schema);
}

void makePrivateDirectoryOf(const std::string& file) {
    const auto directory = std::filesystem::path(file).parent_path();
    if (directory.empty() || std::filesystem::exists(directory)) return;
    std::filesystem::create_directories(directory);
    std::filesystem::permissions(directory, std::filesystem::perms::owner_all);
}

/// What of a session is sent along, in the terms of the history window.
sessions::SessionOptions sessionOptions(const config::GatewayOptions& from) {
    sessions::SessionOptions options;
    options.history_messages = from.history.messages;
    options.context_tokens = sessions::estimateTokens(from.history.bytes);
    // A turn may not be taken over while its request may still run.
    options.turn_lease =
        std::max(options.turn_lease,
                 std::chrono::ceil<std::chrono::seconds>(from.server.http.request_timeout) + std::chrono::minutes(1));
    return options;
}

/// A run outlives every request: its lease ends only when its gateway is dead.
sessions::IdempotencyOptions idempotencyOptions(std::chrono::milliseconds request_timeout) {
    sessions::IdempotencyOptions options;
    const auto longest = std::chrono::ceil<std::chrono::seconds>(request_timeout) + std::chrono::minutes(1);
    options.lease = std::max<std::chrono::seconds>(options.lease, longest);
    return options;
}

std::string joined(const std::vector<std::string>& lines) {
    std::string text;
    for (const auto& line : lines) text += (text.empty() ? "" : "\n") + line;
    return text;
}

}  // namespace

Application::Application(config::LoadRequest request, config::Config config)
    : request_(std::move(request)),
      config_(std::move(config)),
      access_log_(config_.options.log.access),
      host_(config_.options, loaderOptions(config_.options.plugins, true)),
      provider_health_(config_.options.routing.health),
      request_metrics_(host_.metrics) {
    openPlugins();
    openStorage();
    openServers();
    announce();
}

Application::~Application() {
    refresh_.reset();
    recorder_.reset();  // writes what is queued, while workers and database live
    generation_.publish(nullptr);
}

void Application::openPlugins() {
    const auto set = bindPlugins(config_, host_.registry);
    std::vector<std::string> reasons;
    for (const auto& finding : set.findings)
        if (finding.severity == config::Finding::Severity::Error) reasons.push_back(config::toText(finding));
    if (!reasons.empty()) throw std::runtime_error(joined(reasons));
    const auto plugins = host_.registry.build(set.specs);
    // A database may take a while to come up; what is required may take that long.
    const auto limit = std::chrono::steady_clock::now() + config_.options.plugins.start_timeout;
    const auto starting = [&plugins] {
        for (const auto& status : plugins->statuses())
            if (status.required && status.state == plugin_host::PluginState::Starting) return true;
        return false;
    };
    while (starting() && std::chrono::steady_clock::now() < limit)
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    if (const auto missing = missingRequired(*plugins); !missing.empty()) throw std::runtime_error(joined(missing));
    host_.registry.publish(plugins);
    generation_.publish(makeGeneration(config_, set, *plugins, catalog_));
    refresh_plan_ = refreshPlan(set);
}

void Application::openStorage() {
    const auto& options = config_.options;
    auto instance = host_.registry.find(options.storage.instance);
    if (!instance)
        throw std::runtime_error("storage.instance: no storage plugin instance is named '" + options.storage.instance +
                                 "'");
    store_.emplace(std::move(instance), host_.workers, options.workers.threads);
    const auto schema = config::loadSchema(migrationsDirectory(options.storage));
    try {
        openDatabase(*store_, schema, options.storage.migrate);
        const auto made = auth::bootstrapAdmin(*store_, options.auth.bootstrap_key, host_.clock);
        if (made)
            std::fprintf(stderr, "The administrator's API key, shown once: %s\n", std::string(made->reveal()).c_str());
    } catch (const Error& error) {
        throw std::runtime_error("storage: " + std::string(error.what()) +
                                 (error.detail().empty() ? "" : ": " + error.detail()));
    }
    makePrivateDirectoryOf(options.storage.spool);
    authenticator_.emplace(
        *store_, host_.clock,
        auth::AuthenticatorOptions{options.auth.fresh, options.auth.stale, options.auth.cached_keys});
    spool_.emplace(options.storage.spool, 64u << 20);
    recorder_.emplace(*store_, *spool_, *authenticator_, host_.metrics);
    sessions_.emplace(*store_, host_.clock, sessionOptions(options));
    idempotency_.emplace(*store_, host_.clock, idempotencyOptions(options.server.http.request_timeout));
}

void Application::openServers() {
    dispatcher_.emplace([this](io::EventLoop& loop) -> plugin_host::Outbound& { return *host_.outboundOf(loop); },
                        provider_health_);
    settlement_.emplace(*recorder_, host_.clock);
    chat_.emplace(generation_, *authenticator_, *sessions_, *dispatcher_, *settlement_);
    keys_.emplace(*store_, *authenticator_, host_.clock);
    models_.emplace(catalog_, provider_health_, host_.clock, [this] { return serving(); });
    usage_.emplace(*store_);
    addHealthProbes();
    routes_.emplace(RouteParts{.chat = *chat_,
                               .sessions = *sessions_,
                               .idempotency = *idempotency_,
                               .authenticator = *authenticator_,
                               .keys = *keys_,
                               .models = *models_,
                               .health = health_,
                               .usage = *usage_,
                               .workers = host_.workers,
                               .clock = host_.clock,
                               .metrics = [this] { return metricsText(); },
                               .plugins = [this] { return pluginsJson(); },
                               .reload = [this] { return reload(); }});
    refresh_.emplace(host_.loops[0], *dispatcher_, generation_, catalog_, [this] {
        const std::scoped_lock lock(plan_mutex_);
        return refresh_plan_;
    });
    refresh_->awaitFirstRound(kFirstModels);
    const auto& options = config_.options;
    if (options.tls.enabled()) tls_.emplace(options.tls.certificate, options.tls.key);
    server_.emplace(
        options.server.http, routes_->router(), [this](const http::Request& request) { finished(request); },
        tls_ ? &*tls_ : nullptr);
    server_->start(host_.loops);
    if (!options.metrics.enabled || options.metrics.port == 0) return;
    open_metrics_.emplace([this] { return metricsText(); }, nullptr);
    metrics_router_.add("GET", "/metrics", *open_metrics_, http::Door::Native);
    http::HttpOptions listener;
    listener.address = options.metrics.address;
    listener.port = options.metrics.port;
    metrics_server_.emplace(listener, metrics_router_, [](const http::Request&) {});
    metrics_server_->start(host_.loops);
}

void Application::addHealthProbes() {
    health_.add([this](std::vector<admin::HealthCheck>& checks) {
        const bool healthy = store_->healthy();
        checks.push_back(
            {.name = "storage",
             .state = healthy ? admin::HealthState::Ok : admin::HealthState::Degraded,
             .detail = healthy ? "" : "the database does not answer: sessions are refused, stateless chat goes on"});
    });
    health_.add([this](std::vector<admin::HealthCheck>& checks) { checkPlugins(checks); });
}

void Application::checkPlugins(std::vector<admin::HealthCheck>& checks) const {
    for (const auto& status : host_.registry.current()->statuses()) {
        if (status.state == plugin_host::PluginState::Ready && status.reason.empty()) continue;
        if (status.state == plugin_host::PluginState::Disabled) continue;
        const auto state = status.required && status.state != plugin_host::PluginState::Ready
                               ? admin::HealthState::Down
                               : admin::HealthState::Degraded;
        checks.push_back({.name = "plugin:" + status.instance, .state = state, .detail = status.reason});
    }
}

void Application::announce() const {
    const auto& http = config_.options.server.http;
    observability::log(
        Level::Info, "app", "listening",
        {{"address", http.address}, {"port", std::to_string(server_->port())}, {"tls", tls_ ? "on" : "off"}});
    std::fprintf(stderr, "ai-gateway listens on %s://%s:%u\n", tls_ ? "https" : "http", http.address.c_str(),
                 static_cast<unsigned>(server_->port()));
}

void Application::run(const OperatorSignals& signals) {
    for (;;) {
        const int signal = signals.wait();
        if (signal != SIGHUP) break;
        try {
            reload();
        } catch (const std::exception& error) {  // said and counted by reload() itself
            observability::log(Level::Debug, "app", "the old configuration goes on", {{"error", error.what()}});
        }
    }
    drain();
}

void Application::drain() {
    observability::log(Level::Info, "app", "draining", {{"connections", std::to_string(server_->connections())}});
    health_.drain();
    server_->drain(config_.options.server.drain_timeout);
    if (metrics_server_) metrics_server_->drain(std::chrono::milliseconds(0));
    observability::log(Level::Info, "app", "stopped");
}

void Application::finished(const http::Request& request) {
    request_metrics_.observe(request);
    if (access_log_.load(std::memory_order_relaxed)) http::writeAccess(request);
}

}  // namespace gw::app
