#include "plugin_host/manifest.h"

#include <algorithm>
#include <utility>

#include "plugin_host/refusal.h"
#include "protocol/json.h"

namespace gw::plugin_host {

namespace {

using protocol::JsonNode;
using protocol::JsonType;

constexpr std::size_t kMostItems = 64;
constexpr std::size_t kMostText = 256;

[[noreturn]] void wrong(std::string_view field, std::string_view why) {
    throw Refusal("manifest: " + std::string(field) + " " + std::string(why));
}

std::string textOf(const JsonNode* node, std::string_view field) {
    if (!protocol::is(node, JsonType::String) || node->str().empty()) wrong(field, "must be a non-empty string");
    if (node->str().size() > kMostText) wrong(field, "is too long");
    return std::string(node->str());
}

/// Calls `use` for each element; an absent list is empty.
template <class F>
void eachOf(const JsonNode* list, std::string_view field, F&& use) {
    if (list == nullptr) return;
    if (!list->is(JsonType::Array)) wrong(field, "must be a list");
    if (list->size() > kMostItems) wrong(field, "has more than 64 entries");
    for (const JsonNode* item = list->first(); item != nullptr; item = item->next()) use(*item);
}

std::vector<std::string> textsOf(const JsonNode* list, std::string_view field) {
    std::vector<std::string> texts;
    eachOf(list, field, [&](const JsonNode& item) { texts.push_back(textOf(&item, field)); });
    return texts;
}

std::uint32_t numberOf(const JsonNode* node, std::string_view field) {
    const std::int64_t number = node->is(JsonType::Number) ? node->i64(-1) : -1;
    if (number < 0 || number > 1'000'000) wrong(field, "must be a small non-negative integer");
    return static_cast<std::uint32_t>(number);
}

ManifestClass classOf(const JsonNode& node) {
    if (!node.is(JsonType::Object)) wrong("classes", "must hold objects");
    ManifestClass result;
    result.id = textOf(node.find("id"), "classes[].id");
    result.interfaces = textsOf(node.find("interfaces"), "classes[].interfaces");
    if (const JsonNode* kind = node.find("kind")) {
        std::string name = textOf(kind, "classes[].kind");
        if (std::ranges::find(result.interfaces, name) == result.interfaces.end())
            result.interfaces.insert(result.interfaces.begin(), std::move(name));
    }
    if (result.interfaces.empty()) wrong("classes[].kind", "is missing: which interface does " + result.id + " offer?");
    result.needs = textsOf(node.find("needs"), "classes[].needs");
    result.capabilities = textsOf(node.find("capabilities"), "classes[].capabilities");
    if (const JsonNode* stage = node.find("stage")) result.stage = numberOf(stage, "classes[].stage");
    return result;
}

}  // namespace

const ManifestClass* Manifest::find(std::string_view class_id) const noexcept {
    const auto found = std::ranges::find(classes, class_id, &ManifestClass::id);
    return found != classes.end() ? &*found : nullptr;
}

Manifest parseManifest(std::string_view text) try {
    if (text.empty()) throw Refusal("no manifest: section .gwp.manifest is missing or empty");
    const protocol::JsonDocument document{std::string(text), {16, 20'000}};
    const JsonNode& root = document.root();
    if (!root.is(JsonType::Object)) throw Refusal("manifest: must be a JSON object");
    Manifest manifest;
    manifest.id = textOf(root.find("id"), "id");
    manifest.version = textOf(root.find("version"), "version");
    eachOf(root.find("abi"), "abi", [&](const JsonNode& item) { manifest.abi.push_back(numberOf(&item, "abi")); });
    if (manifest.abi.empty()) wrong("abi", "must list the ABI majors that the library speaks");
    if (const JsonNode* minor = root.find("min_host_minor"))
        manifest.min_host_minor = numberOf(minor, "min_host_minor");
    manifest.needs = textsOf(root.find("needs"), "needs");
    manifest.system_libs = textsOf(root.find("system_libs"), "system_libs");
    eachOf(root.find("classes"), "classes", [&](const JsonNode& item) { manifest.classes.push_back(classOf(item)); });
    if (manifest.classes.empty()) wrong("classes", "must name at least one class");
    return manifest;
} catch (const protocol::JsonError& error) {
    throw Refusal("manifest: malformed JSON at byte " + std::to_string(error.offset()) + ": " + error.what());
}

}  // namespace gw::plugin_host
