#include "auth/sealed_text.h"

#include <sodium.h>

#include <array>

namespace gw::auth {
namespace {

constexpr std::size_t kNonce = crypto_secretbox_NONCEBYTES, kMac = crypto_secretbox_MACBYTES;
using SealingKey = std::array<unsigned char, crypto_secretbox_KEYBYTES>;

/// Keyed, so that the key is not a hash of the credential that anything else makes.
SealingKey sealingKey(std::string_view credential) {
    constexpr std::string_view kPurpose = "ai-gateway sealed text, version 1";
    SealingKey key{};
    crypto_generichash(key.data(), key.size(), reinterpret_cast<const unsigned char*>(credential.data()),
                       credential.size(), reinterpret_cast<const unsigned char*>(kPurpose.data()), kPurpose.size());
    return key;
}

}  // namespace

std::string seal(std::string_view text, std::string_view credential) {
    std::string sealed(kNonce + kMac + text.size(), '\0');
    auto* const out = reinterpret_cast<unsigned char*>(sealed.data());
    randombytes_buf(out, kNonce);
    auto key = sealingKey(credential);
    crypto_secretbox_easy(out + kNonce, reinterpret_cast<const unsigned char*>(text.data()), text.size(), out,
                          key.data());
    sodium_memzero(key.data(), key.size());
    return sealed;
}

std::optional<std::string> unseal(std::string_view sealed, std::string_view credential) {
    if (sealed.size() < kNonce + kMac) return std::nullopt;
    const auto* const in = reinterpret_cast<const unsigned char*>(sealed.data());
    std::string text(sealed.size() - kNonce - kMac, '\0');
    auto key = sealingKey(credential);
    const int opened = crypto_secretbox_open_easy(reinterpret_cast<unsigned char*>(text.data()), in + kNonce,
                                                  sealed.size() - kNonce, in, key.data());
    sodium_memzero(key.data(), key.size());
    if (opened != 0) return std::nullopt;
    return text;
}

}  // namespace gw::auth
