#include "app/commands.h"

#include <malloc.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <stdexcept>

#include "app/application.h"
#include "app/command_line.h"
#include "app/host.h"
#include "app/migrations.h"
#include "app/plugin_set.h"
#include "base/version.h"
#include "config/config_loader.h"
#include "config/reference.h"
#include "config/schema_loader.h"
#include "observability/log.h"
#include "plugin_host/crash_report.h"
#include "plugin_host/library.h"
#include "protocol/json_writer.h"
#include "storage/migrator.h"

namespace gw::app {
namespace {

using Command = CommandLine::Command;
constexpr int kOk = 0, kBadConfiguration = 1, kBadPlugin = 2, kOnlyWarnings = 3, kUsage = 64;

void print(const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    if (!text.ends_with('\n')) std::fputc('\n', stdout);
}

config::LoadRequest loadRequest(const CommandLine& line) {
    config::LoadRequest request;
    request.directory = line.config.empty() ? config::findDirectory() : line.config;
    request.overrides = line.overrides;
    return request;
}

void report(const config::Findings& findings) {
    for (const auto& finding : findings) std::fprintf(stderr, "%s\n", config::toText(finding).c_str());
}

/// The configuration, or an exception that says all that is wrong with it.
config::Config loadOrThrow(const config::LoadRequest& request) {
    auto config = config::load(request);
    report(config.findings);
    if (config::hasErrors(config.findings)) throw std::runtime_error("the configuration has errors");
    return config;
}

/// A host for commands that look at plugins without serving.
config::GatewayOptions quiet(config::GatewayOptions options) {
    options.server.loops = 1;
    options.workers.threads = 2;
    return options;
}

/// A chat body of 100 KB is an everyday size: without this, glibc maps it fresh from the kernel and gives it back, page
/// by page, with every request.
void keepLargeBlocks() {
    mallopt(M_MMAP_THRESHOLD, 4 << 20);
    mallopt(M_TRIM_THRESHOLD, 8 << 20);
}

int serve(const CommandLine& line) {
    keepLargeBlocks();
    const OperatorSignals signals;
    const auto request = loadRequest(line);
    auto config = loadOrThrow(request);
    observability::openLog(config.options.log.log);
    plugin_host::reportCrashes(config.options.plugins.state_dir + "/last-crash");
    {
        Application application(request, std::move(config));
        malloc_trim(0);  // what reading the configuration has left behind
        application.run(signals);
    }
    observability::closeLog();
    return kOk;
}

int checkConfig(const CommandLine& line) {
    auto config = config::load(loadRequest(line));
    auto findings = config.findings;
    std::vector<std::string> plugins;
    if (!config::hasErrors(findings) && !line.no_probe) {
        Host host(quiet(config.options), loaderOptions(config.options.plugins, true));
        const auto set = bindPlugins(config, host.registry);
        findings.insert(findings.end(), set.findings.begin(), set.findings.end());
        if (!config::hasErrors(findings)) plugins = tryPlugins(host.registry, set);
    }
    report(findings);
    for (const auto& problem : plugins) std::fprintf(stderr, "%s\n", problem.c_str());
    if (config::hasErrors(findings)) return kBadConfiguration;
    if (!plugins.empty()) return kBadPlugin;
    if (line.strict && !findings.empty()) return kOnlyWarnings;
    print("the configuration is good");
    return kOk;
}

std::string statusLine(const plugin_host::PluginStatus& status) {
    std::string text = status.instance;
    text.resize(std::max<std::size_t>(text.size() + 1, 20), ' ');
    text += std::string(plugin_host::stateName(status.state));
    text.resize(std::max<std::size_t>(text.size() + 1, 34), ' ');
    text += status.class_name + "  " + status.version + "  " + status.sha256.substr(0, 12) + "  " + status.file;
    if (!status.reason.empty()) text += "\n    " + status.reason;
    return text;
}

std::string inactiveJson(const config::Inactive& inactive) {
    protocol::JsonWriter json;
    json.beginObject().field("instance", inactive.name).field("file", inactive.file);
    json.field("state", inactive.reason.starts_with("ignored") ? "ignored" : "disabled")
        .field("reason", inactive.reason);
    return json.endObject().take();
}

int listPlugins(const CommandLine& line) {
    const auto config = loadOrThrow(loadRequest(line));
    Host host(quiet(config.options), loaderOptions(config.options.plugins, true));
    const auto set = bindPlugins(config, host.registry);
    report(set.findings);
    const auto generation = host.registry.build(set.specs);
    for (const auto& status : generation->statuses())
        print(line.json ? plugin_host::toJson(status) : statusLine(status));
    for (const auto& inactive : config.inactive)
        print(line.json ? inactiveJson(inactive)
                        : inactive.name + "  off  " + inactive.file + "\n    " + inactive.reason);
    if (config::hasErrors(set.findings)) return kBadConfiguration;
    const auto failed = [](const plugin_host::PluginStatus& status) {
        return status.state == plugin_host::PluginState::Failed;
    };
    return std::ranges::any_of(generation->statuses(), failed) ? kBadPlugin : kOk;
}

int inspectPlugin(const CommandLine& line) {
    const auto config = config::load(loadRequest(line));
    Host host(quiet(config.options), loaderOptions(config.options.plugins, true));
    const auto facts = host.registry.inspect(std::filesystem::absolute(line.argument).string(), line.probe);
    print(facts);
    return facts.find(R"("fatal":true)") == std::string::npos ? kOk : kBadPlugin;
}

int printSchema(const CommandLine& line) {
    const auto config = loadOrThrow(loadRequest(line));
    Host host(quiet(config.options), loaderOptions(config.options.plugins, true));
    for (const auto& spec : config.libraries) {
        plugin_host::PluginSpec wanted;
        wanted.file = spec.file;
        wanted.library = spec.library;
        wanted.sha256 = spec.sha256;
        const auto library = host.registry.load(wanted);
        if (const auto* found = library->find(line.argument)) {
            print(found->schema);
            return kOk;
        }
    }
    throw std::runtime_error("no configured library has a class '" + line.argument + "'");
}

/// One step of a route, the operator's or the core's own.
struct ChainStep {
    std::uint32_t order;
    std::string text;
};

int printChain(const CommandLine& line) {
    const auto config = loadOrThrow(loadRequest(line));
    Host host(quiet(config.options), loaderOptions(config.options.plugins, true));
    const auto set = bindPlugins(config, host.registry);
    const auto plugins = host.registry.build(set.specs);
    routing::ModelCatalog catalog;
    const auto generation = makeGeneration(config, set, *plugins, catalog);
    if (!generation->chains.contains(line.argument)) {
        std::string known;
        for (const auto& chain : generation->chains) known += " " + chain.first;
        throw std::runtime_error("no middleware runs on '" + line.argument + "'; routes:" + known);
    }
    // The core's steps close their stages: authentication AUTHN, the session's history comes after GUARD.
    std::vector<ChainStep> steps{{299, "(core) authentication, unless a middleware has told who asks"},
                                 {599, "(core) session: history and the question, on /api/v1/chat"},
                                 {1000, "(core) parse, candidates, provider"}};
    for (const auto& link : generation->chain(line.argument)->links())
        steps.push_back({link.order, link.instance->name() + " (" + link.instance->className() + ", on failure " +
                                         (link.fail_open ? "open" : "closed") + ")"});
    std::ranges::sort(steps, {}, &ChainStep::order);
    for (const auto& step : steps) print(std::to_string(step.order) + "  " + step.text);
    return kOk;
}

int migrate(const CommandLine& line) {
    const auto config = loadOrThrow(loadRequest(line));
    Host host(quiet(config.options), loaderOptions(config.options.plugins, true));
    const auto set = bindPlugins(config, host.registry);
    host.registry.publish(host.registry.build(set.specs));
    auto instance = host.registry.find(config.options.storage.instance);
    if (!instance)
        throw std::runtime_error("the storage plugin instance '" + config.options.storage.instance +
                                 "' is not available");
    plugin_host::RecordStore store(std::move(instance), host.workers, 1);
    const auto schema = config::loadSchema(migrationsDirectory(config.options.storage));
    storage::Migrator migrator(store, schema);
    if (line.plan) {
        const auto plan = migrator.plan();
        print(plan.empty() ? "nothing to do" : plan);
    } else {
        migrator.apply();
        print("the database is at version " + std::to_string(schema.version));
    }
    return kOk;
}

int run(const CommandLine& line) {
    switch (line.command) {
        case Command::Serve: return serve(line);
        case Command::Help: print(helpText()); return kOk;
        case Command::Version: print("ai-gateway " + std::string(kVersion)); return kOk;
        case Command::CheckConfig: return checkConfig(line);
        case Command::ConfigPrint: print(config::effectiveYaml(loadOrThrow(loadRequest(line)))); return kOk;
        case Command::ConfigReference: print(config::referencePage()); return kOk;
        case Command::ConfigSchema: print(config::editorSchema()); return kOk;
        case Command::PluginsList: return listPlugins(line);
        case Command::PluginsInspect: return inspectPlugin(line);
        case Command::PluginsSchema: return printSchema(line);
        case Command::PluginsChain: return printChain(line);
        case Command::Migrate: return migrate(line);
    }
    return kUsage;
}

}  // namespace

int runCommand(const std::vector<std::string>& arguments) {
    CommandLine line;
    try {
        line = parseCommandLine(arguments);
    } catch (const std::invalid_argument& error) {
        std::fprintf(stderr, "ai-gateway: %s\n", error.what());
        return kUsage;
    }
    try {
        return run(line);
    } catch (const Error& error) {
        throw std::runtime_error(std::string(error.what()) + (error.detail().empty() ? "" : ": " + error.detail()));
    }
}

}  // namespace gw::app
