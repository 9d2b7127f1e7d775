#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"
#include "config/config.h"

namespace gw::config {

struct NamedSecret {
    std::string name;
    Secret value;
};

/// An instance's configuration as create() gets it.
struct BoundInstance {
    std::string json;  // validated, defaults filled, secrets replaced by {"$secret":"name"}
    std::vector<NamedSecret> secrets;
    ProviderOptions provider;      // of a "gwp.provider.*" class
    MiddlewareOptions middleware;  // of a "gwp.middleware/*" class
};

/// What the library says of a class.
struct ClassFacts {
    std::string kind;    // "gwp.provider.translate/1"
    std::string schema;  // JSON; empty: no configuration at all
};

/// YAML -> what the plugin and the host get. All findings at once; with errors the result must not be used. [any]
[[nodiscard]] BoundInstance bindInstance(const InstanceSpec& spec, const ClassFacts& facts, Findings& findings);

/// What of a class's schema is outside the subset that is part of the ABI; each a JSON pointer and a reason.
[[nodiscard]] std::vector<std::string> schemaProblems(std::string_view schema);

}  // namespace gw::config
