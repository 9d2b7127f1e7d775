#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "plugin_host/instance_context.h"
#include "plugin_host/outbound.h"

namespace gw::plugin_host {

/// One named instance as the operator configured it, validated and with its defaults filled in.
struct InstanceSpec {
    std::string name;
    std::string class_name;
    std::string config_json = "{}";    // secrets replaced by {"$secret":"name"}
    std::vector<NamedSecret> secrets;  // the values behind those names
    bool allow_draft = false;
    std::string state_dir;   // empty: none
    Endpoint http;           // defaults of gwp.http/1
    std::string quarantine;  // not empty: why it must not be loaded
};

/// One library of plugins.d with its instances.
struct PluginSpec {
    std::string file;     // the configuration file, for messages
    std::string library;  // a name in the plugin directories, or an absolute path inside one
    std::string sha256;   // pin; empty: none
    bool enabled = true;
    bool required = false;
    bool keep_on_error = true;  // at reload: an instance that cannot be replaced goes on as it was
    std::vector<std::string> grant;
    std::vector<InstanceSpec> instances;
};

enum class PluginState : std::uint8_t { Ready, Starting, Failed, Quarantined, Retired, Disabled };
[[nodiscard]] std::string_view stateName(PluginState state) noexcept;

/// How one instance stands; for `plugins list`, /readyz and the admin API.
struct PluginStatus {
    std::string file, library, sha256, version;
    std::vector<std::uint32_t> abi;
    std::string instance, class_name, kind;  // kind: the interface id it offers first
    std::uint32_t stage = 0;                 // of a middleware class; 0: not said
    bool required = false;
    PluginState state = PluginState::Failed;
    std::string reason;  // empty when ready
    std::uint64_t generation = 0;
};
/// As a JSON object. [any]
[[nodiscard]] std::string toJson(const PluginStatus& status);

}  // namespace gw::plugin_host
