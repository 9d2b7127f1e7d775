#pragma once
#include <cstdint>
#include <string>

#include "storage/store.h"

namespace gw::storage {

/// Brings the database to the declarations, for app/ and the command `migrate`. [main]
class Migrator {
public:
    /// Both must outlive this.
    Migrator(Store& store, const plugin_host::Schema& schema) : store_(store), schema_(schema) {}

    /// Hands the declarations over and migrates. Throws Error(Internal) when the database is newer than this program,
    /// or a step is not additive; the detail says which.
    void apply();
    /// What apply() would do, in the plugin's own words; empty: nothing.
    [[nodiscard]] std::string plan();

private:
    Store& store_;
    const plugin_host::Schema& schema_;
};

}  // namespace gw::storage
