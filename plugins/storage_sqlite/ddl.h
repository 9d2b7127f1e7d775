// storage_sqlite/ddl.h - the tables of the declared collections.
#pragma once
#include <string>
#include <vector>

#include "model.h"

namespace sqlite_store {

/// The statements that bring a database of version `installed` (0: empty) to the model's version. `impossible` names
/// what is not additive, in words; the statements are useless then.
struct MigrationPlan {
    std::vector<std::string> statements;
    std::vector<std::string> impossible;
};
MigrationPlan planMigration(const Model& model, std::uint32_t installed);

inline constexpr const char* kVersionTable =
    "CREATE TABLE IF NOT EXISTS gwp_schema_version (version INTEGER NOT NULL PRIMARY KEY, applied_at TEXT NOT NULL) "
    "STRICT";

}  // namespace sqlite_store
