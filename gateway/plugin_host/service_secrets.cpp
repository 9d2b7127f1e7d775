#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <charconv>
#include <string>

#include "plugin_host/arena.h"
#include "plugin_host/host_services.h"

namespace gw::plugin_host {

namespace {

constexpr std::string_view kOpening = "\x01gwp-secret:";
constexpr char kClosing = '\x01';
constexpr std::size_t kDigestSize = 32;

gwp_status placeholder(gwp_hctx* hc, gwp_str name, gwp_arena* arena, gwp_str* out) noexcept {
    InstanceContext& context = InstanceContext::of(hc);
    arena = context.arenaOr(arena);
    if (arena == nullptr) return GWP_E_INVALID;
    for (std::size_t i = 0; i < context.secrets.size(); ++i) {
        if (context.secrets[i].name != view(name)) continue;
        try {
            const std::string text = std::string(kOpening) + std::to_string(i) + kClosing;
            const std::string_view copy = arena->copy(text);
            *out = abi(copy);
            return copy.data() != nullptr ? GWP_OK : GWP_E_LIMIT;
        } catch (...) {
            return GWP_E_LIMIT;
        }
    }
    return GWP_E_NOT_FOUND;
}

gwp_status hmacSha256(gwp_hctx* hc, gwp_str name, gwp_bytes message, std::uint8_t* out) noexcept {
    const Secret* secret = InstanceContext::of(hc).secret(view(name));
    if (secret == nullptr) return GWP_E_NOT_FOUND;
    const std::string_view key = secret->reveal();
    unsigned int size = 0;
    const auto* done =
        HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), message.ptr, message.len, out, &size);
    return done != nullptr && size == kDigestSize ? GWP_OK : GWP_E_INTERNAL;
}

gwp_status reveal(gwp_hctx* hc, gwp_str name, gwp_arena* arena, gwp_bytes* out) noexcept {
    InstanceContext& context = InstanceContext::of(hc);
    if (!context.granted("secrets.reveal")) return GWP_E_DENIED;
    arena = context.arenaOr(arena);
    if (arena == nullptr) return GWP_E_INVALID;
    const Secret* secret = context.secret(view(name));
    if (secret == nullptr) return GWP_E_NOT_FOUND;
    const std::string_view value = secret->reveal();
    void* copy = arena->allocate(value.size());
    if (copy == nullptr) return GWP_E_LIMIT;
    try {
        arena->wipeAtEnd(copy, value.size());
    } catch (...) {
        return GWP_E_LIMIT;
    }
    if (!value.empty()) __builtin_memcpy(copy, value.data(), value.size());
    *out = {static_cast<const std::uint8_t*>(copy), value.size()};
    return GWP_OK;
}

}  // namespace

void revealPlaceholders(const InstanceContext& context, std::string& text) {
    for (std::size_t at = text.find(kOpening); at != std::string::npos; at = text.find(kOpening, at)) {
        const std::size_t digits = at + kOpening.size();
        const std::size_t end = text.find(kClosing, digits);
        if (end == std::string::npos) return;
        std::size_t index = context.secrets.size();
        const auto read = std::from_chars(text.data() + digits, text.data() + end, index);
        if (read.ec != std::errc() || read.ptr != text.data() + end || index >= context.secrets.size()) {
            at = end;
            continue;
        }
        const std::string_view value = context.secrets[index].value.reveal();
        text.replace(at, end + 1 - at, value);
        at += value.size();
    }
}

const gwp_svc_secrets& secretsService() noexcept {
    static constexpr gwp_svc_secrets kTable = {sizeof(gwp_svc_secrets), 0, placeholder, hmacSha256, reveal};
    return kTable;
}

}  // namespace gw::plugin_host
