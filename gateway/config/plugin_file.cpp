#include "config/plugin_file.h"

#include <algorithm>
#include <array>

#include "config/option_table.h"
#include "config/references.h"

namespace gw::config {

namespace {

constexpr std::array<std::string_view, 4> kPlacementKeys = {"order", "routes", "on_failure", "timeout"};
constexpr const char* kNameCharacters = "abcdefghijklmnopqrstuvwxyz0123456789_-";
constexpr std::size_t kMaxName = 64;

}  // namespace

void PluginFiles::read(const PluginSource& source) {
    const std::size_t before = config_.findings.size();
    YamlNode root = parseYaml(source.file.text, source.file.path, config_.findings);
    if (root.isNull() && config_.findings.size() > before) return;  // not YAML at all: nothing else to say about it
    for (const SourceFile& drop_in : source.drop_ins) {
        const YamlNode patch = parseYaml(drop_in.text, drop_in.path, config_.findings);
        if (patch.isMap())
            mergeYaml(root, patch);
        else if (!patch.isNull())
            report(patch, "", "a drop-in must be a map");
    }
    if (root.isNull() && root.file.empty())
        config_.inactive.push_back({source.file.path, source.file.path, "masked: the file is empty"});
    else
        readFile(root, source.file.path);
}

void PluginFiles::readFile(YamlNode& root, const std::string& path) {
    if (!root.isMap()) return report(root, "", "must be a map with library and instances");
    refuseOthers(root, "", {"library", "sha256", "enabled", "required", "grant", "instances"});
    YamlNode* instances = root.find("instances");
    if (instances == nullptr || !instances->isMap() || instances->members.empty())
        return report(instances == nullptr ? root : *instances, "instances", "must name at least one instance");
    for (const YamlMember& each : instances->members) claimName(each.key, each.value);
    if (!readBool(root, "enabled", "enabled", true)) {
        for (const YamlMember& each : instances->members)
            config_.inactive.push_back({each.key, path, "enabled: false"});
        return;
    }
    LibrarySpec library;
    library.file = path;
    readHead(root, library);
    for (YamlMember& each : instances->members) readInstance(each.key, each.value, library);
    const YamlNode* required = root.find("required");
    if (required != nullptr && !required->broken)
        for (InstanceSpec& spec : library.instances)
            if (!spec.required) spec.required = required->text == "true";
    if (!library.instances.empty()) config_.libraries.push_back(std::move(library));
}

void PluginFiles::readHead(YamlNode& root, LibrarySpec& library) {
    library.library = readText(root, "library", "library", true);
    library.sha256 = readText(root, "sha256", "sha256", false);
    const bool hex = library.sha256.find_first_not_of("0123456789abcdef") == std::string::npos;
    if (!library.sha256.empty() && (!hex || library.sha256.size() != 64))
        report(*root.find("sha256"), "sha256", "must be 64 lower-case hexadecimal digits");
    static_cast<void>(readBool(root, "required", "required", false));
    YamlNode* grant = root.find("grant");
    if (grant == nullptr) return;
    expandReferences(*grant, environment_, "grant", config_.findings);
    if (!grant->isSequence()) return report(*grant, "grant", "must be a list, as in [net]");
    for (const YamlNode& item : grant->items)
        if (item.isScalar())
            library.grants.push_back(item.text);
        else
            report(item, "grant", "must be a list of text");
}

void PluginFiles::claimName(const std::string& name, const YamlNode& node) {
    const std::string field = "instances." + name;
    if (name.empty() || name.size() > kMaxName || name.find_first_not_of(kNameCharacters) != std::string::npos)
        report(node, field, "an instance's name is made of a-z, 0-9, - and _, at most 64");
    const std::string place = node.file + ":" + std::to_string(node.line);
    const auto [first, fresh] = places_.emplace(name, place);
    if (!fresh) report(node, field, "this instance stands already at " + first->second + "; a drop-in overrides");
}

void PluginFiles::readInstance(const std::string& name, YamlNode& node, LibrarySpec& library) {
    const std::string field = "instances." + name;
    if (!node.isMap()) return report(node, field, "must be a map with class and config");
    std::vector<std::string> known = {"class", "enabled", "enable_if_env", "required", "config"};
    known.insert(known.end(), kPlacementKeys.begin(), kPlacementKeys.end());
    refuseOthers(node, field, known);
    const YamlNode written = node;
    if (std::string reason = offReason(node, field); !reason.empty()) {
        config_.inactive.push_back({name, library.file, std::move(reason)});
        return;
    }
    config_.written.members.push_back({name, written});
    expandReferences(node, environment_, field, config_.findings);
    InstanceSpec spec;
    spec.name = name;
    spec.file = library.file;
    spec.line = node.line;
    fillInstance(node, spec);
    library.instances.push_back(std::move(spec));
}

void PluginFiles::fillInstance(YamlNode& node, InstanceSpec& spec) {
    const std::string field = "instances." + spec.name;
    spec.class_name = readText(node, "class", field + ".class", true);
    if (node.find("required") != nullptr) spec.required = readBool(node, "required", field + ".required", false);
    spec.config = spec.placement = node;
    spec.config.members.clear();
    if (const YamlNode* config = node.find("config")) spec.config = *config;
    if (!spec.config.isMap()) report(spec.config, field + ".config", "must be a map");
    std::erase_if(spec.placement.members, [](const YamlMember& member) {
        return std::ranges::find(kPlacementKeys, member.key) == kPlacementKeys.end();
    });
}

std::string PluginFiles::offReason(YamlNode& node, const std::string& field) {
    if (!readBool(node, "enabled", field + ".enabled", true)) return "enabled: false";
    const std::string variable = readText(node, "enable_if_env", field + ".enable_if_env", false);
    if (variable.empty() || environment_.isSet(variable)) return {};
    return variable + " is not set";
}

bool PluginFiles::readBool(YamlNode& node, const std::string& key, const std::string& field, bool otherwise) {
    YamlNode* value = node.find(key);
    if (value == nullptr) return otherwise;
    expandReferences(*value, environment_, field, config_.findings);
    if (value->broken) return otherwise;
    if (value->isScalar() && (value->text == "true" || value->text == "false")) return value->text == "true";
    report(*value, field, "must be true or false");
    value->broken = true;
    return otherwise;
}

std::string PluginFiles::readText(YamlNode& node, const std::string& key, const std::string& field, bool needed) {
    YamlNode* value = node.find(key);
    if (value == nullptr && needed) report(node, field, "is missing");
    if (value == nullptr) return {};
    expandReferences(*value, environment_, field, config_.findings);
    if (value->broken) return {};
    if (value->isScalar() && !value->text.empty()) return value->text;
    report(*value, field, "must be text");
    return {};
}

void PluginFiles::refuseOthers(const YamlNode& map, const std::string& field, const std::vector<std::string>& known) {
    for (const YamlMember& member : map.members) {
        if (std::ranges::find(known, member.key) != known.end()) continue;
        const std::string near = nearest(member.key, known);
        report(member.value, field.empty() ? member.key : field + "." + member.key,
               near.empty() ? "unknown key" : "unknown key; the nearest is " + near);
    }
}

}  // namespace gw::config
