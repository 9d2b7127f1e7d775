#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "chat/generation.h"
#include "config/config.h"
#include "config/instance_config.h"
#include "plugin_host/registry.h"
#include "routing/model_catalog.h"

namespace gw::app {

/// The plugins of a configuration, bound to the schemas of their classes, ready to be made.
struct PluginSet {
    std::vector<plugin_host::PluginSpec> specs;
    std::map<std::string, config::BoundInstance> bound;  // by instance
    config::Findings findings;

    [[nodiscard]] const config::BoundInstance* find(const std::string& instance) const;
};

/// Loads the libraries for their schemas and binds every instance. What is wrong stands in the findings; a library that
/// does not load is left to the registry, which says why in its status. [main]
[[nodiscard]] PluginSet bindPlugins(const config::Config& config, plugin_host::Registry& registry);

/// What of `generation` must be there and is not, a sentence each: then the configuration must not come into force.
[[nodiscard]] std::vector<std::string> missingRequired(const plugin_host::Generation& generation);

/// Creates every instance as a dry run in a child; what failed, a sentence each. [main]
[[nodiscard]] std::vector<std::string> tryPlugins(plugin_host::Registry& registry, const PluginSet& set);

/// Providers, chains and routes for requests. [main]
[[nodiscard]] std::shared_ptr<const chat::Generation> makeGeneration(const config::Config& config, const PluginSet& set,
                                                                     const plugin_host::Generation& plugins,
                                                                     routing::ModelCatalog& catalog);

}  // namespace gw::app
