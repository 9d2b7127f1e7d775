#include "tests/conformance/test_host.h"

#include <dlfcn.h>

#include <cstdlib>
#include <map>
#include <new>
#include <stdexcept>

#include "base/text.h"
#include "protocol/json.h"

namespace conformance {
namespace {

using gw::protocol::JsonDocument;
using gw::protocol::JsonNode;

const JsonNode* nodeOf(const gwp_json* node) {
    return reinterpret_cast<const JsonNode*>(node);
}
const gwp_json* abiOf(const JsonNode* node) {
    return reinterpret_cast<const gwp_json*>(node);
}

gwp_status jsonParse(gwp_hctx* context, gwp_arena* arena, gwp_bytes text, const gwp_json** out,
                     std::uint64_t* offset) noexcept {
    try {
        auto document = std::make_shared<const JsonDocument>(std::string(gwp::sv(text)));
        *out = abiOf(&document->root());
        (arena != nullptr ? arena : &context->arena)->kept.push_back(std::move(document));
        return GWP_OK;
    } catch (const gw::protocol::JsonError& error) {
        if (offset != nullptr) *offset = error.offset();
        return GWP_E_INVALID;
    }
}
const gwp_json* jsonItem(const gwp_json* node, std::uint64_t index, gwp_str* key) noexcept {
    const JsonNode* child = node != nullptr ? nodeOf(node)->item(index) : nullptr;
    if (key != nullptr) *key = child != nullptr ? gwp::str(child->key()) : gwp_str{};
    return abiOf(child);
}
void* arenaAlloc(gwp_arena* arena, std::uint64_t size) noexcept {
    std::shared_ptr<void> memory(std::malloc(size), std::free);
    arena->kept.push_back(memory);
    return memory.get();
}
gwp_status jsonQuote(gwp_arena* arena, gwp_str raw, gwp_str* quoted) noexcept {
    auto text = std::make_shared<const std::string>(gw::jsonString(gwp::sv(raw)));
    *quoted = gwp::str(*text);
    arena->kept.push_back(std::move(text));
    return GWP_OK;
}

const gwp_svc_json kJson = {
    sizeof(gwp_svc_json),
    0,
    jsonParse,
    [](const gwp_json* n, gwp_str pointer) noexcept { return abiOf(gw::protocol::at(nodeOf(n), gwp::sv(pointer))); },
    [](const gwp_json* n) noexcept { return static_cast<std::uint32_t>(nodeOf(n)->type()); },
    [](const gwp_json* n) noexcept { return gwp::str(nodeOf(n)->str()); },
    [](const gwp_json* n) noexcept { return gwp::str(nodeOf(n)->raw()); },
    [](const gwp_json* n, double fallback) noexcept { return nodeOf(n)->num(fallback); },
    [](const gwp_json* n, std::int64_t fallback) noexcept { return nodeOf(n)->i64(fallback); },
    [](const gwp_json* n) noexcept { return static_cast<std::uint64_t>(nodeOf(n)->size()); },
    jsonItem,
    jsonQuote,
};

gwp_status placeholder(gwp_hctx* /*hc*/, gwp_str name, gwp_arena* arena, gwp_str* out) noexcept {
    auto text = std::make_shared<const std::string>("<secret:" + std::string(gwp::sv(name)) + ">");
    *out = gwp::str(*text);
    arena->kept.push_back(std::move(text));
    return GWP_OK;
}
const gwp_svc_secrets kSecrets = {sizeof(gwp_svc_secrets), 0, placeholder, nullptr, nullptr};

const void* service(gwp_hctx* /*hc*/, gwp_str id) noexcept {
    if (gwp::sv(id) == GWP_SVC_JSON) return &kJson;
    return gwp::sv(id) == GWP_SVC_SECRETS ? &kSecrets : nullptr;
}
void errorSet(gwp_error* error, gwp_status code, std::uint32_t status, std::int64_t retry_ms, gwp_str type,
              gwp_str text) noexcept {
    if (error != nullptr) *error = {code, status, retry_ms, std::string(gwp::sv(type)), std::string(gwp::sv(text))};
}

/// Never unloaded, as in the gateway.
gwp_entry_fn entryOf(const std::string& name) {
    static std::map<std::string, void*> libraries;
    const std::string path = std::string(GATEWAY_BINARY_DIR) + "/lib/ai-gateway/plugins/" + name + ".so";
    void*& library = libraries[path];
    if (library == nullptr) library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) throw std::runtime_error(dlerror());
    return reinterpret_cast<gwp_entry_fn>(dlsym(library, "gwp_entry_1"));
}

std::string usageLine(const gwp_usage& usage) {
    const auto part = [](const char* name, std::int64_t number) {
        return number < 0 ? std::string() : std::string(" ") + name + '=' + std::to_string(number);
    };
    return "usage" + part("in", usage.input) + part("out", usage.output) + part("cached", usage.cached_read) +
           part("written", usage.cached_write) + part("reasoning", usage.reasoning);
}

std::string hex(std::string_view bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    for (const char c : bytes) {
        text += kDigits[static_cast<unsigned char>(c) >> 4U];
        text += kDigits[static_cast<unsigned char>(c) & 15U];
    }
    return text;
}

std::string lineOf(const gwp_event& event) {
    const auto words = [](gwp_str text) { return " " + std::string(gwp::sv(text)); };
    const std::string choice = event.choice == 0 ? "" : "[" + std::to_string(event.choice) + "]";
    const std::string block = " #" + std::to_string(event.block);
    switch (event.kind) {
        case GWP_EV_START: return "start" + words(event.id) + words(event.name);
        case GWP_EV_TEXT: return "text" + choice + " " + gw::jsonString(gwp::sv(event.text));
        case GWP_EV_REASONING: return "reasoning" + choice + " " + gw::jsonString(gwp::sv(event.text));
        case GWP_EV_TOOL_START: return "tool" + choice + block + words(event.id) + words(event.name);
        case GWP_EV_TOOL_ARGS: return "args" + choice + block + words(event.text);
        case GWP_EV_FINISH: return "finish" + choice + words(event.name);
        case GWP_EV_USAGE: return usageLine(*event.usage);
        case GWP_EV_EMBEDDING:
            return "embedding" + block +
                   (event.json.len > 0 ? words(event.json) : " packed " + hex(gwp::sv(event.data)));
        case GWP_EV_MODEL: return "model" + words(event.id) + words(event.json);
        case GWP_EV_RAW: return "raw" + choice + words(event.name) + words(event.json);
        default: return "event " + std::to_string(event.kind);
    }
}

}  // namespace

const gwp_host& testHost() {
    static const gwp_host host = {sizeof(gwp_host),
                                  GWP_ABI_MINOR,
                                  GWP_STR("conformance"),
                                  GWP_STR("0"),
                                  service,
                                  errorSet,
                                  arenaAlloc,
                                  [](gwp_hctx*) noexcept { return kNowMs; },
                                  [](gwp_hctx*) noexcept { return std::uint64_t{1}; }};
    return host;
}

const gwp_json* parseJson(gwp_arena& arena, std::string_view text) {
    const gwp_json* root = nullptr;
    if (jsonParse(nullptr, &arena, gwp::bytes(text), &root, nullptr) != GWP_OK)
        throw std::runtime_error("not JSON: " + std::string(text));
    return root;
}

LoadedInstance::LoadedInstance(const std::string& name, const std::string& config_json) {
    gwp_error error;
    const gwp_library* library = entryOf(name)(&testHost(), &context_, &error);
    if (library == nullptr) throw std::runtime_error(error.text);
    class_ = library->classes[0];
    const gwp_create_args args{sizeof(gwp_create_args), 0,         &context_, GWP_STR("test"),
                               gwp::str(config_json),   gwp_str{}, nullptr};
    if (class_->create(&args, &handle_, &error) != GWP_OK) refusal_ = error.text;
}

LoadedInstance::~LoadedInstance() {
    if (handle_ != nullptr) class_->destroy(handle_);
}

gwp_status EventLog::take(void* self, const gwp_event* event) noexcept {
    auto& log = *static_cast<EventLog*>(self);
    log.finished_ = log.finished_ || event->kind == GWP_EV_FINISH;
    log.lines_.push_back(lineOf(*event));
    return GWP_OK;
}

}  // namespace conformance
