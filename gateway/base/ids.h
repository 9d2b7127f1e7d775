#pragma once
#include <string>
#include <string_view>

#include "base/clock.h"

namespace gw {

/// PREFIX + 26 characters of a ULID: 48 bits of milliseconds, 80 random bits, in Crockford's base 32, lower case, so
/// ids sort by time and cannot be guessed. Two ids made by one thread in one millisecond keep their order. [any]
[[nodiscard]] std::string newId(std::string_view prefix, WallTime now);

/// That many random base 62 characters from the kernel (for keys and tokens): 5.95 bits each. [any]
[[nodiscard]] std::string randomToken(std::size_t characters);

}  // namespace gw
