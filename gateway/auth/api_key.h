#pragma once
#include <string>
#include <string_view>

#include "base/secret.h"

namespace gw::auth {

/// "sk-" and 48 random base 62 characters: 285 bits, so a plain hash is enough at rest. [any]
[[nodiscard]] Secret newApiKey();
/// SHA-256 in lower-case hexadecimal: what the database and the cache know a key by.
[[nodiscard]] std::string keyHash(std::string_view key);
/// The start of a key, for people to recognise it by: never enough to use it.
[[nodiscard]] std::string keyPrefix(std::string_view key);

}  // namespace gw::auth
