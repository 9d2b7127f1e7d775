#pragma once
#include "config/config_loader.h"

namespace gw::config {

/// Reads the files of plugins.d, one after the other, into a Config. [main]
class PluginFiles {
public:
    PluginFiles(const Environment& environment, Config& config) : environment_(environment), config_(config) {}

    void read(const PluginSource& source);

private:
    void readFile(YamlNode& root, const std::string& path);
    void readHead(YamlNode& root, LibrarySpec& library);
    void readInstance(const std::string& name, YamlNode& node, LibrarySpec& library);
    void fillInstance(YamlNode& node, InstanceSpec& spec);
    void claimName(const std::string& name, const YamlNode& node);
    /// Why the instance is off; "": it is on. Its other references are not looked at then.
    [[nodiscard]] std::string offReason(YamlNode& node, const std::string& field);
    [[nodiscard]] bool readBool(YamlNode& node, const std::string& key, const std::string& field, bool otherwise);
    [[nodiscard]] std::string readText(YamlNode& node, const std::string& key, const std::string& field, bool needed);
    void refuseOthers(const YamlNode& map, const std::string& field, const std::vector<std::string>& known);
    void report(const YamlNode& node, const std::string& field, const std::string& reason) {
        config_.findings.push_back(node.wrong(field, reason));
    }

    const Environment& environment_;
    Config& config_;
    std::map<std::string, std::string> places_;  // instance -> "file:line"
};

}  // namespace gw::config
