#include "auth/api_key.h"

#include <sodium.h>

#include <array>

#include "base/ids.h"

namespace gw::auth {

Secret newApiKey() {
    return Secret("sk-" + randomToken(48));
}

std::string keyHash(std::string_view key) {
    std::array<unsigned char, crypto_hash_sha256_BYTES> digest{};
    crypto_hash_sha256(digest.data(), reinterpret_cast<const unsigned char*>(key.data()), key.size());
    constexpr std::string_view kHex = "0123456789abcdef";
    std::string hex;
    hex.reserve(2 * digest.size());
    for (const auto byte : digest) {
        hex += kHex[byte >> 4];
        hex += kHex[byte & 15];
    }
    return hex;
}

std::string keyPrefix(std::string_view key) {
    return std::string(key.substr(0, 7));
}

}  // namespace gw::auth
