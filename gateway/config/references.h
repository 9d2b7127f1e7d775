#pragma once
#include <string>

#include "config/environment.h"
#include "config/yaml_node.h"

namespace gw::config {

/// Replaces ${NAME}, ${NAME:-default}, ${file:/path} and $$ in every scalar of the tree. What cannot be replaced is a
/// finding under `field` + its own path. A variable that is set but empty counts as set for ${NAME}, as unset for
/// ${NAME:-default}, as in compose files. [main]
void expandReferences(YamlNode& node, const Environment& environment, const std::string& field, Findings& findings);

}  // namespace gw::config
