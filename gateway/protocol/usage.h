#pragma once
#include <cstdint>

namespace gw::protocol {

/// Tokens of one operation as the provider told them; -1: not told. `input` includes cached tokens, `output` includes
/// reasoning tokens.
struct Usage {
    std::int64_t input = -1, output = -1, cached_read = -1, cached_write = -1, reasoning = -1;
    [[nodiscard]] bool told() const noexcept { return input >= 0 || output >= 0; }
};

}  // namespace gw::protocol
