#pragma once
#include <string>
#include <vector>

#include "config/config.h"
#include "config/environment.h"

namespace gw::config {

/// A file read into memory; empty text in plugins.d masks.
struct SourceFile {
    std::string path;
    std::string text;
};

struct PluginSource {
    SourceFile file;
    std::vector<SourceFile> drop_ins;  // NAME.yaml.d/*.yaml, in byte order
};

/// The files of a configuration, before anybody looked into them.
struct SourceTree {
    std::string directory;
    SourceFile main;
    std::vector<PluginSource> plugins;  // in byte order of their names
    std::vector<std::string> ignored;   // not *.yaml, dotfiles
};

/// Reads DIRECTORY/gateway.yaml and DIRECTORY/plugins.d. What cannot be read is a finding. [main]
[[nodiscard]] SourceTree readTree(const std::string& directory, Findings& findings);
/// The tree compiled in: the files of etc/.
[[nodiscard]] SourceTree embeddedTree();
/// Where the configuration is when no --config says so: ./etc if it holds a gateway.yaml, else /etc/ai-gateway if that
/// does, else "" (embedded).
[[nodiscard]] std::string findDirectory();

/// What the command line adds.
struct LoadRequest {
    std::string directory;               // empty: embeddedTree()
    std::vector<std::string> overrides;  // --set: "server.port=4000", in order
    std::string dot_env = ".env";        // read if it exists; empty: none
};

/// Reads, merges and checks everything, and reports all findings at once in Config::findings. [main]
[[nodiscard]] Config load(const LoadRequest& request);
/// The same from memory. `environment` has been interpreted.
[[nodiscard]] Config loadTree(const SourceTree& tree, const std::vector<std::string>& overrides,
                              const Environment& environment);

}  // namespace gw::config
