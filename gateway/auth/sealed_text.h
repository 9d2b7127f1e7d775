#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace gw::auth {

/// Encrypts a text so that only who shows the same credential again can read it: the database keeps no more than a
/// hash of a credential, so it cannot. [any]
[[nodiscard]] std::string seal(std::string_view text, std::string_view credential);
/// Nothing when it was sealed with another credential, or changed since.
[[nodiscard]] std::optional<std::string> unseal(std::string_view sealed, std::string_view credential);

}  // namespace gw::auth
