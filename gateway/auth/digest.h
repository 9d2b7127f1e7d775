#pragma once
#include <initializer_list>
#include <string>
#include <string_view>

namespace gw::auth {

/// SHA-256 of the parts one after the other, in lower-case hexadecimal. [any]
[[nodiscard]] std::string sha256Hex(std::initializer_list<std::string_view> parts);

}  // namespace gw::auth
