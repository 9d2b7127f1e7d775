#pragma once
#include <string>

#include "plugin_host/record_store.h"

namespace gw::config {

/// Reads every NNNN_name.yaml of a directory in the order of the numbers, which must run 1, 2, 3, …, into one schema.
/// Throws std::runtime_error "file:line: what is wrong". [main]
[[nodiscard]] plugin_host::Schema loadSchema(const std::string& directory);

}  // namespace gw::config
