#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>

#include "app/application.h"
#include "base/error.h"
#include "config/option_table.h"
#include "observability/log.h"
#include "protocol/json_writer.h"

// What Application tells and takes while it runs: reload, the plugins' state, metrics.
namespace gw::app {
namespace {

using observability::Level;

std::string listed(const std::vector<std::string>& items) {
    std::string text;
    for (const auto& item : items) text += (text.empty() ? "" : "; ") + item;
    return text;
}

std::vector<std::string> errorsOf(const config::Findings& findings) {
    std::vector<std::string> texts;
    for (const auto& finding : findings)
        if (finding.severity == config::Finding::Severity::Error) texts.push_back(config::toText(finding));
    return texts;
}

/// Resident memory in bytes (proc(5): statm, second field, in pages).
double residentBytes() {
    std::ifstream statm("/proc/self/statm");
    long total = 0, resident = 0;
    statm >> total >> resident;
    return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

}  // namespace

std::map<ProviderName, std::chrono::milliseconds> Application::refreshPlan(const PluginSet& set) const {
    std::map<ProviderName, std::chrono::milliseconds> plan;
    for (const auto& [name, provider] : generation_.get()->providers) {
        const auto* bound = set.find(name.str());
        const bool lists = (provider->features("") & plugin_host::feature::kModels) != 0;
        // An operator's own list is complete: the provider is not asked.
        if (bound != nullptr && lists && bound->provider.models.empty()) plan[name] = bound->provider.model_refresh;
    }
    return plan;
}

std::vector<std::string> Application::restartNeeded(const config::GatewayOptions& next) const {
    auto before = config_.options;
    auto after = next;
    const auto old_table = config::gatewayTable(before);
    const auto new_table = config::gatewayTable(after);
    std::vector<std::string> paths;
    for (std::size_t i = 0; i < old_table.size(); ++i)
        if (!old_table[i].reload && config::renderValue(old_table[i]) != config::renderValue(new_table[i]))
            paths.push_back(old_table[i].path);
    return paths;
}

std::string Application::reload() {
    const std::scoped_lock lock(config_mutex_);
    auto& succeeded =
        host_.metrics.gauge("gateway_config_last_reload_successful", "Whether the last reload was applied");
    try {
        auto next = config::load(request_);
        auto reasons = errorsOf(next.findings);
        PluginSet set;
        if (reasons.empty()) set = bindPlugins(next, host_.registry);
        std::ranges::copy(errorsOf(set.findings), std::back_inserter(reasons));
        if (!reasons.empty())
            throw Error(ErrorCode::InvalidRequest, "the configuration was not applied: " + listed(reasons));
        const auto plugins = host_.registry.build(set.specs);
        if (const auto missing = missingRequired(*plugins); !missing.empty())
            throw Error(ErrorCode::InvalidRequest, "the configuration was not applied: " + listed(missing));
        if (tls_) tls_->reload();
        const auto restart = restartNeeded(next.options);
        auto generation = makeGeneration(next, set, *plugins, catalog_);
        host_.registry.publish(plugins);
        generation_.publish(std::move(generation));
        auto plan = refreshPlan(set);  // asks plugins: not under the lock that a loop takes
        {
            const std::scoped_lock plan_lock(plan_mutex_);
            refresh_plan_ = std::move(plan);
        }
        refresh_->refreshNow();
        observability::setLogLevel(next.options.log.log.level);
        access_log_ = next.options.log.access;
        succeeded.set(1);
        observability::log(Level::Info, "app", "reloaded",
                           {{"generation", std::to_string(plugins->number())}, {"restart_needed", listed(restart)}});
        protocol::JsonWriter json;
        json.beginObject()
            .field("status", "reloaded")
            .field("generation", static_cast<std::int64_t>(plugins->number()));
        json.key("restart_needed").beginArray();
        for (const auto& path : restart) json.string(path);
        json.endArray().endObject();
        return json.take();
    } catch (const std::exception& error) {
        succeeded.set(0);
        observability::log(Level::Error, "app", "reload failed, the old configuration goes on",
                           {{"error", error.what()}});
        throw;
    }
}

std::string Application::pluginsJson() const {
    protocol::JsonWriter json;
    json.beginObject().key("data").beginArray();
    for (const auto& status : host_.registry.statuses()) json.raw(plugin_host::toJson(status));
    json.endArray().key("next_cursor").null().endObject();
    return json.take();
}

admin::ModelList::Serving Application::serving() const {
    admin::ModelList::Serving serving;
    const auto generation = generation_.get();
    for (const auto& alias : generation->router.aliases()) serving.aliases.push_back(alias.first);
    for (const auto& status : host_.registry.current()->statuses()) {
        if (!status.kind.starts_with("gwp.provider.")) continue;
        admin::ListedProvider provider;
        provider.name = status.instance;
        provider.class_name = status.class_name;
        provider.available = status.state == plugin_host::PluginState::Ready;
        serving.providers.push_back(std::move(provider));
    }
    return serving;
}

std::string Application::metricsText() {
    auto& metrics = host_.metrics;
    const auto set = [&metrics](const char* name, const char* help, double value) {
        metrics.gauge(name, help).set(value);
    };
    set("gateway_connections", "Open client connections", static_cast<double>(server_->connections()));
    set("gateway_worker_queue", "Jobs that wait for a worker", static_cast<double>(host_.workers.waiting()));
    set("gateway_workers_busy", "Workers that run a job", static_cast<double>(host_.workers.running()));
    set("gateway_usage_waiting", "Usage rows not yet in the database", static_cast<double>(recorder_->waiting()));
    set("gateway_storage_up", "Whether the database answered last time", store_->healthy() ? 1 : 0);
    set("gateway_resident_bytes", "Resident memory", residentBytes());
    for (std::size_t i = 0; i < host_.loops.size(); ++i)
        metrics
            .gauge("gateway_loop_longest_turn_seconds", "How long an event loop was busy at most since the last scrape",
                   {{"loop", std::to_string(i)}})
            .set(std::chrono::duration<double>(host_.loops[i].takeLongestTurn()).count());
    return metrics.text();
}

}  // namespace gw::app
