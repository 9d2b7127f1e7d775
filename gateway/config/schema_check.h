#pragma once
#include <Poco/Dynamic/Var.h>

#include <string>
#include <vector>

#include "config/json_schema.h"

namespace gw::config {

struct SchemaViolation {
    std::string pointer;  // JSON pointer into the value
    std::string reason;
};

/// What of `value` the schema forbids (valijson; Draft 7, which means the same for the subset of the plugin ABI). [any]
[[nodiscard]] std::vector<SchemaViolation> violations(const SchemaPlace& schema, const Poco::Dynamic::Var& value);

}  // namespace gw::config
