#pragma once
#include <string>

#include "config/config.h"

namespace gw::config {

/// docs/configuration.md: every option with its default, made from the option table.
[[nodiscard]] std::string referencePage();
/// etc/gateway.schema.json: JSON Schema (2020-12 and Draft 7) of gateway.yaml for editors.
[[nodiscard]] std::string editorSchema();
/// `config print --effective`: all options with their values as YAML, then the instances; secrets are masked.
[[nodiscard]] std::string effectiveYaml(const Config& config);

}  // namespace gw::config
