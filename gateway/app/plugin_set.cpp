#include "app/plugin_set.h"

#include <algorithm>
#include <set>
#include <utility>

#include "observability/log.h"
#include "plugin_host/library.h"
#include "plugin_host/middleware_chain.h"
#include "plugin_host/provider.h"

namespace gw::app {
namespace {

using plugin_host::Stage;

bool isProvider(std::string_view kind) {
    return kind.starts_with("gwp.provider.");
}
bool isMiddleware(std::string_view kind) {
    return kind.starts_with("gwp.middleware/");
}
bool isStorage(std::string_view kind) {
    return kind.starts_with("gwp.storage.records/");
}

/// What must be there when the operator does not say: storage, and every middleware whose lack would let something
/// pass.
bool requiredByKind(const std::string& kind, std::uint32_t stage) {
    if (isStorage(kind)) return true;
    return isMiddleware(kind) &&
           (stage <= static_cast<std::uint32_t>(Stage::Guard) || stage == static_cast<std::uint32_t>(Stage::Transform));
}

/// A class as its library describes it; a library that did not load describes nothing.
struct KnownClass {
    config::ClassFacts facts;
    std::uint32_t stage = 0;
};

KnownClass describe(const plugin_host::Library* library, const std::string& class_name) {
    const auto* known = library != nullptr ? library->find(class_name) : nullptr;
    if (known == nullptr) return {};
    return {.facts = {.kind = known->interfaces.empty() ? "" : known->interfaces.front(), .schema = known->schema},
            .stage = known->stage};
}

plugin_host::InstanceSpec instanceSpec(const config::InstanceSpec& instance, const config::BoundInstance& bound,
                                       const config::Config& config, const config::LibrarySpec& library) {
    plugin_host::InstanceSpec spec;
    spec.name = instance.name;
    spec.class_name = instance.class_name;
    spec.config_json = bound.json;
    for (const auto& secret : bound.secrets) spec.secrets.push_back({secret.name, secret.value});
    const auto& options = config.options.plugins;
    spec.allow_draft = std::ranges::find(options.drafts, library.library) != options.drafts.end();
    if (std::ranges::find(library.grants, "state_dir") != library.grants.end())
        spec.state_dir = options.state_dir + "/" + instance.name;
    spec.http = bound.provider.endpoint;
    return spec;
}

/// One library as two specs at most: what is required of it and what is not.
class LibraryBinder {
public:
    LibraryBinder(const config::Config& config, const config::LibrarySpec& library, PluginSet& set)
        : config_(config), library_(library), set_(set) {}

    void bind(const plugin_host::Library* loaded) {
        for (const bool required : {true, false}) {
            auto spec = emptySpec(required);
            for (const auto& instance : library_.instances) {
                const auto known = describe(loaded, instance.class_name);
                if (instance.required.value_or(requiredByKind(known.facts.kind, known.stage)) != required) continue;
                auto bound = known.facts.kind.empty() ? config::BoundInstance{}
                                                      : config::bindInstance(instance, known.facts, set_.findings);
                spec.instances.push_back(instanceSpec(instance, bound, config_, library_));
                set_.bound[instance.name] = std::move(bound);
            }
            if (!spec.instances.empty()) set_.specs.push_back(std::move(spec));
        }
    }
    [[nodiscard]] plugin_host::PluginSpec emptySpec(bool required) const {
        plugin_host::PluginSpec spec;
        spec.file = library_.file;
        spec.library = library_.library;
        spec.sha256 = library_.sha256;
        spec.required = required;
        spec.grant = library_.grants;
        return spec;
    }

private:
    const config::Config& config_;
    const config::LibrarySpec& library_;
    PluginSet& set_;
};

/// The chains of all routes; "*" stands for every route.
class ChainBuilder {
public:
    void add(const config::MiddlewareOptions& options, plugin_host::ChainLink link) {
        for (const auto& route : options.routes) links_[route].push_back(link);
    }
    std::map<std::string, std::shared_ptr<const plugin_host::MiddlewareChain>, std::less<>> build(
        const plugin_host::HoldLimits& hold) {
        std::map<std::string, std::shared_ptr<const plugin_host::MiddlewareChain>, std::less<>> chains;
        for (const auto* route : {"/v1/chat/completions", "/v1/embeddings", "/api/v1/chat", "/api/v1/chat/stream"}) {
            std::multimap<std::uint32_t, plugin_host::ChainLink> ordered;  // equal orders keep the files' order
            for (const auto& key : {std::string("*"), std::string(route)})
                for (const auto& link : links_[key]) ordered.emplace(link.order, link);
            std::vector<plugin_host::ChainLink> links;
            links.reserve(ordered.size());
            for (auto& [order, link] : ordered) links.push_back(std::move(link));
            chains[route] = std::make_shared<const plugin_host::MiddlewareChain>(std::move(links), hold);
        }
        return chains;
    }

private:
    std::map<std::string, std::vector<plugin_host::ChainLink>> links_;
};

void addProvider(const std::shared_ptr<plugin_host::Instance>& instance, const config::ProviderOptions& options,
                 chat::Generation& generation, routing::ModelCatalog& catalog) {
    if (!options.endpoint.verify_tls)
        observability::log(observability::Level::Warn, "app",
                           "TLS VERIFICATION IS OFF: anybody on the way can read the provider's key and answers",
                           {{"provider", instance->name()}});
    const ProviderName name(instance->name());
    generation.providers[name] = std::make_shared<const plugin_host::Provider>(instance, options.endpoint);
    if (options.models.empty()) return;
    std::vector<routing::ModelEntry> models;
    models.reserve(options.models.size());
    for (const auto& model : options.models) models.push_back({.name = ModelName(model), .owner = {}, .created = 0});
    catalog.set(name, std::move(models));
}

}  // namespace

const config::BoundInstance* PluginSet::find(const std::string& instance) const {
    const auto found = bound.find(instance);
    return found == bound.end() ? nullptr : &found->second;
}

PluginSet bindPlugins(const config::Config& config, plugin_host::Registry& registry) {
    PluginSet set;
    for (const auto& library : config.libraries) {
        LibraryBinder binder(config, library, set);
        std::shared_ptr<const plugin_host::Library> loaded;
        try {
            loaded = registry.load(binder.emptySpec(false));
        } catch (const std::runtime_error& error) {  // the registry meets it too and keeps it with each instance
            observability::log(observability::Level::Debug, "app", "a library did not load",
                               {{"library", library.library}, {"reason", error.what()}});
        }
        binder.bind(loaded.get());
    }
    return set;
}

std::vector<std::string> missingRequired(const plugin_host::Generation& generation) {
    std::vector<std::string> missing;
    for (const auto& status : generation.statuses())
        if (status.required && status.state != plugin_host::PluginState::Ready)
            missing.push_back(status.file + ": the required plugin instance '" + status.instance +
                              "' is not available: " + status.reason);
    return missing;
}

std::vector<std::string> tryPlugins(plugin_host::Registry& registry, const PluginSet& set) {
    std::vector<std::string> problems;
    for (const auto& spec : set.specs)
        for (const auto& reason : registry.tryOut(spec)) problems.push_back(spec.file + ": " + reason);
    return problems;
}

std::shared_ptr<const chat::Generation> makeGeneration(const config::Config& config, const PluginSet& set,
                                                       const plugin_host::Generation& plugins,
                                                       routing::ModelCatalog& catalog) {
    std::set<ProviderName> names;
    for (const auto& status : plugins.statuses())
        if (isProvider(status.kind)) names.insert(ProviderName(status.instance));
    auto generation = std::make_shared<chat::Generation>(
        chat::Generation{.number = plugins.number(),
                         .providers = {},
                         .router = routing::ModelRouter(config.options.models.aliases, names, catalog),
                         .chains = {},
                         .attempts = config.options.routing.attempts,
                         .default_model = config.options.models.fallback,
                         .no_chain = std::make_shared<const plugin_host::MiddlewareChain>(
                             std::vector<plugin_host::ChainLink>{}, config.options.plugins.hold)});
    ChainBuilder chains;
    for (const auto& status : plugins.statuses()) {
        const auto instance = plugins.find(status.instance);
        const auto* bound = set.find(status.instance);
        if (!instance || bound == nullptr) continue;
        if (isProvider(status.kind)) addProvider(instance, bound->provider, *generation, catalog);
        if (isMiddleware(status.kind))
            chains.add(bound->middleware,
                       {.instance = instance,
                        .order = bound->middleware.order != 0 ? bound->middleware.order : status.stage,
                        .fail_open = bound->middleware.fail_open,
                        .timeout = bound->middleware.timeout});
    }
    generation->chains = chains.build(config.options.plugins.hold);
    catalog.retain({names.begin(), names.end()});
    return generation;
}

}  // namespace gw::app
