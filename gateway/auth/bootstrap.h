#pragma once
#include <optional>

#include "base/clock.h"
#include "base/secret.h"
#include "storage/store.h"

namespace gw::auth {

/// Makes sure that somebody can administer: on an empty database the user `admin` with a key, `wanted` if given (at
/// least 32 characters), else a new one, which is returned to be shown once. A `wanted` key that is not known yet
/// replaces the bootstrap key of before. Throws Error(InvalidRequest) for a short key. [main or worker]
[[nodiscard]] std::optional<Secret> bootstrapAdmin(storage::Store& store, const Secret& wanted, const Clock& clock);

}  // namespace gw::auth
