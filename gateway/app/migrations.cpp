#include "app/migrations.h"

#include <filesystem>
#include <stdexcept>

namespace gw::app {

std::string migrationsDirectory(const config::StorageOptions& options) {
    if (!options.migrations.empty()) return options.migrations;
    std::error_code error;
    const auto prefix = std::filesystem::read_symlink("/proc/self/exe", error).parent_path().parent_path();
    for (const auto& place :
         {prefix / "share/ai-gateway/migrations", prefix.parent_path().parent_path() / "migrations"})
        if (std::filesystem::is_directory(place, error)) return place.string();
    throw std::runtime_error("no migrations found; set storage.migrations");
}

}  // namespace gw::app
