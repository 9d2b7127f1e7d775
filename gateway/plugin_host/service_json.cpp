#include <memory>
#include <string>

#include "base/text.h"
#include "plugin_host/arena.h"
#include "plugin_host/host_services.h"
#include "protocol/json.h"

namespace gw::plugin_host {

namespace {

using protocol::JsonDocument;
using protocol::JsonNode;

constexpr std::size_t kBytesPerByte = 8;  // of text: nodes included, about

const JsonNode* nodeOf(const gwp_json* node) noexcept {
    return reinterpret_cast<const JsonNode*>(node);
}
const gwp_json* abiNode(const JsonNode* node) noexcept {
    return reinterpret_cast<const gwp_json*>(node);
}

gwp_status parse(gwp_hctx* hc, gwp_arena* arena, gwp_bytes text, const gwp_json** out,
                 std::uint64_t* error_offset) noexcept {
    if (error_offset != nullptr) *error_offset = 0;
    if (arena == nullptr) arena = InstanceContext::of(hc).arenaOr(arena);
    if (arena == nullptr) return GWP_E_INVALID;
    try {
        auto document = std::make_shared<const JsonDocument>(std::string(view(text)));
        const JsonNode* root = &document->root();
        if (!arena->keep(std::move(document), text.len * kBytesPerByte)) return GWP_E_LIMIT;
        *out = abiNode(root);
        return GWP_OK;
    } catch (const protocol::JsonError& error) {
        if (error_offset != nullptr) *error_offset = error.offset();
        return GWP_E_INVALID;
    } catch (...) {
        return GWP_E_LIMIT;
    }
}

const gwp_json* at(const gwp_json* node, gwp_str pointer) noexcept {
    return abiNode(protocol::at(nodeOf(node), view(pointer)));
}

std::uint32_t type(const gwp_json* node) noexcept {
    return node != nullptr ? static_cast<std::uint32_t>(nodeOf(node)->type()) : GWP_JSON_NULL;
}

gwp_str str(const gwp_json* node) noexcept {
    if (node == nullptr) return {};
    try {
        return abi(nodeOf(node)->str());
    } catch (...) {  // no memory to unescape into
        return {};
    }
}

gwp_str raw(const gwp_json* node) noexcept {
    return node != nullptr ? abi(nodeOf(node)->raw()) : gwp_str{};
}

double num(const gwp_json* node, double fallback) noexcept {
    return node != nullptr ? nodeOf(node)->num(fallback) : fallback;
}

std::int64_t i64(const gwp_json* node, std::int64_t fallback) noexcept {
    return protocol::i64(nodeOf(node), fallback);
}

std::uint64_t size(const gwp_json* node) noexcept {
    return node != nullptr ? nodeOf(node)->size() : 0;
}

const gwp_json* item(const gwp_json* node, std::uint64_t index, gwp_str* key) noexcept {
    const JsonNode* child = node != nullptr ? nodeOf(node)->item(index) : nullptr;
    if (key != nullptr) *key = child != nullptr ? abi(child->key()) : gwp_str{};
    return abiNode(child);
}

gwp_status quote(gwp_arena* arena, gwp_str raw_text, gwp_str* quoted) noexcept {
    if (arena == nullptr) return GWP_E_INVALID;
    try {
        const std::string_view copy = arena->copy(jsonString(view(raw_text)));
        *quoted = abi(copy);
        return copy.data() != nullptr ? GWP_OK : GWP_E_LIMIT;
    } catch (...) {
        return GWP_E_LIMIT;
    }
}

}  // namespace

const gwp_svc_json& jsonService() noexcept {
    static constexpr gwp_svc_json kTable = {
        sizeof(gwp_svc_json), 0, parse, at, type, str, raw, num, i64, size, item, quote,
    };
    return kTable;
}

}  // namespace gw::plugin_host
