#pragma once
#include <string>

#include "config/options.h"

namespace gw::app {

/// Where the migrations are: as configured, else beside an installed binary, else in the source tree. Throws
/// std::runtime_error. [main]
[[nodiscard]] std::string migrationsDirectory(const config::StorageOptions& options);

}  // namespace gw::app
