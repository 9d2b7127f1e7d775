#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/finding.h"
#include "config/options.h"
#include "config/yaml_node.h"

namespace gw::config {

/// One named instance of a plugin class, as its file says; `config` is still YAML, since only the class's schema, known
/// once its library is loaded, says what it means (instance_config.h).
struct InstanceSpec {
    std::string name;
    std::string class_name;
    std::string file;
    int line = 0;
    std::optional<bool> required;  // absent: by the kind of the class
    YamlNode config;               // references replaced
    YamlNode placement;            // the keys of a middleware: order, routes, on_failure, timeout
};

/// One file of plugins.d: a library and its instances.
struct LibrarySpec {
    std::string file;
    std::string library;  // a name in plugins.dirs, or an absolute path inside them
    std::string sha256;   // empty: not pinned
    std::vector<std::string> grants;
    std::vector<InstanceSpec> instances;
};

/// What is configured but switched off, and why, for `plugins list`.
struct Inactive {
    std::string name;  // the instance, or the file when all of it is off
    std::string file;
    std::string reason;  // "enabled: false", "OPENAI_API_KEY is not set", "masked", "ignored: not *.yaml"
};

/// A whole configuration. Usable only when hasErrors(findings) is false.
struct Config {
    std::string directory;  // empty: the embedded one
    GatewayOptions options;
    std::vector<LibrarySpec> libraries;  // in byte order of the files
    std::vector<Inactive> inactive;
    YamlNode written;  // plugin files as written, before references were replaced, for printing
    Findings findings;
};

}  // namespace gw::config
