#pragma once
#include <string>
#include <vector>

namespace gw::app {

/// What the command line asks for.
struct CommandLine {
    enum class Command {
        Serve,
        Help,
        Version,
        CheckConfig,
        ConfigPrint,
        ConfigReference,
        ConfigSchema,
        PluginsList,
        PluginsInspect,
        PluginsSchema,
        PluginsChain,
        Migrate,
    };
    Command command = Command::Serve;
    std::string config;                  // --config DIR; empty: found by itself
    std::vector<std::string> overrides;  // --set PATH=VALUE
    std::string argument;                // FILE.so, CLASS or ROUTE
    bool json = false, probe = false, strict = false, plan = false, no_probe = false;
};

/// Throws std::invalid_argument with a sentence for the user. [main]
[[nodiscard]] CommandLine parseCommandLine(const std::vector<std::string>& arguments);
[[nodiscard]] const char* helpText();

}  // namespace gw::app
