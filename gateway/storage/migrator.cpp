#include "storage/migrator.h"

namespace gw::storage {

void Migrator::apply() {
    store_.open(schema_);
}

std::string Migrator::plan() {
    store_.declare(schema_);
    return store_.plan();
}

}  // namespace gw::storage
