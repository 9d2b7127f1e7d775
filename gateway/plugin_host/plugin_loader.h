#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "plugin_host/elf_file.h"
#include "plugin_host/library.h"
#include "plugin_host/plugin_files.h"
#include "plugin_host/probe.h"

namespace gw::plugin_host {

struct LoaderOptions {
    FilePolicy files;
    std::string private_dir;  // RUNTIME_DIR/plugins
    ProbeOptions probe;
    bool probe_first = true;  // in a child, before the library enters this process
};

/// From a file of the operator to a mapped library: checks, private copy, probe, entry. One copy per content. [main]
class PluginLoader {
public:
    PluginLoader(const HostParts& host, LoaderOptions options) : host_(host), options_(std::move(options)) {}
    PluginLoader(const PluginLoader&) = delete;
    PluginLoader& operator=(const PluginLoader&) = delete;
    ~PluginLoader() = default;

    /// Throws Refusal. A library whose last user goes is retired on the control thread.
    [[nodiscard]] std::shared_ptr<Library> load(const std::string& library, const std::string& sha256_pin);
    /// Tries the instances as dry runs in a child.
    [[nodiscard]] ProbeResult tryInstances(const Library& library, const std::vector<std::string>& grants,
                                           const std::vector<InstanceSpec>& instances) const;
    [[nodiscard]] bool probes() const noexcept { return options_.probe_first; }
    /// Everything that can be said about a file without running its code, as JSON; `probed` adds a child's view.
    [[nodiscard]] std::string inspect(const std::string& path, bool probed) const;

private:
    struct Checked {
        PluginFile file;
        Manifest manifest;
        std::string manifest_text;
    };
    struct Known {
        std::weak_ptr<Library> library;
        std::string copy, manifest_text;
        unsigned mappings = 0;  // how often it was mapped: a retired mapping is not used again
    };
    [[nodiscard]] Checked check(const std::string& library, const std::string& sha256_pin) const;
    [[nodiscard]] std::shared_ptr<Library> map(Checked checked);
    void warnOf(const std::string& file, const std::vector<LintFinding>& findings) const;

    const HostParts& host_;
    LoaderOptions options_;
    std::map<std::string, Known> known_;  // by sha256
};

}  // namespace gw::plugin_host
