#pragma once
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "plugin_host/host_services.h"
#include "plugin_host/registry.h"
#include "tests/support/catch.h"

namespace gw::plugin_host {

/// A host with real parts, a plugin directory and a runtime directory that go with it.
struct PluginHostFixture {
    PluginHostFixture() {
        std::string name = "/tmp/gw-plugin-host-XXXXXX";
        root = ::mkdtemp(name.data());
        std::filesystem::create_directory(root + "/plugins");
    }
    PluginHostFixture(const PluginHostFixture&) = delete;
    PluginHostFixture& operator=(const PluginHostFixture&) = delete;
    ~PluginHostFixture() { std::filesystem::remove_all(root); }

    [[nodiscard]] static std::string built(const std::string& name) {
        return std::string(GATEWAY_BINARY_DIR) + "/abi-plugins/" + name + ".so";
    }
    std::string install(const std::string& name, const std::string& as = {}) const {
        std::string to = root + "/plugins/" + (as.empty() ? name : as) + ".so";
        std::filesystem::copy_file(built(name), to, std::filesystem::copy_options::overwrite_existing);
        ::chmod(to.c_str(), 0755);
        return to;
    }
    [[nodiscard]] LoaderOptions options() const {
        LoaderOptions options;
        options.files.dirs = {root + "/plugins"};
        options.private_dir = root + "/run/plugins";
        options.probe.executable = std::string(GATEWAY_BINARY_DIR) + "/bin/plugin_probe";
        return options;
    }
    static PluginSpec spec(const std::string& library, const std::string& class_name, const std::string& instance) {
        PluginSpec plugin;
        plugin.file = "10-test.yaml";
        plugin.library = library + ".so";
        InstanceSpec one;
        one.name = instance;
        one.class_name = class_name;
        plugin.instances.push_back(one);
        return plugin;
    }

    std::string root;
    SystemClock clock;
    observability::Metrics metrics;
    ControlThread control;
    io::WorkerPool workers{2, 64};
    OwnerTokens tokens;
    MemoryStore kv{clock, 1u << 20};
    HostParts parts{clock, metrics, control, workers, tokens, &kv, nullptr, true};
};

}  // namespace gw::plugin_host
