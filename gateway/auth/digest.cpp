#include "auth/digest.h"

#include <sodium.h>

#include <array>

namespace gw::auth {

std::string sha256Hex(std::initializer_list<std::string_view> parts) {
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    for (const auto part : parts)
        crypto_hash_sha256_update(&state, reinterpret_cast<const unsigned char*>(part.data()), part.size());
    std::array<unsigned char, crypto_hash_sha256_BYTES> digest{};
    crypto_hash_sha256_final(&state, digest.data());
    constexpr std::string_view kHex = "0123456789abcdef";
    std::string hex;
    hex.reserve(2 * digest.size());
    for (const auto byte : digest) {
        hex += kHex[byte >> 4];
        hex += kHex[byte & 15];
    }
    return hex;
}

}  // namespace gw::auth
