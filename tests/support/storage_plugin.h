#pragma once
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <span>
#include <string>

#include "plugin_host/elf_file.h"
#include "plugin_host/host_services.h"
#include "plugin_host/library.h"
#include "plugin_host/plugin_instance.h"
#include "tests/support/temporary_directory.h"

namespace gw::test {

/// Loads a storage plugin into this process, without the probe, and makes instances of it.
class StoragePlugin {
public:
    explicit StoragePlugin(std::string path = std::string(GATEWAY_BINARY_DIR) +
                                              "/lib/ai-gateway/plugins/storage_sqlite.so",
                           std::string class_name = "gateway.storage_sqlite")
        : class_name_(std::move(class_name)) {
        control_.call([&] {
            std::ifstream in(path, std::ios::binary);
            const std::string bytes{std::istreambuf_iterator<char>(in), {}};
            const plugin_host::ElfFacts facts = plugin_host::readElf(std::as_bytes(std::span(bytes)));
            library_ = std::make_shared<plugin_host::Library>(
                parts_, plugin_host::Library::Source{path, path, "", plugin_host::parseManifest(facts.manifest)});
        });
    }

    /// Created and started; reason: why it could not be (the instance is null then).
    struct Made {
        std::shared_ptr<plugin_host::PluginInstance> instance;
        std::string reason;
    };
    Made make(const std::string& config_json) {
        plugin_host::InstanceSpec spec;
        spec.name = "database";
        spec.class_name = class_name_;
        spec.config_json = config_json;
        Made made;
        control_.call([&] {
            made.instance = plugin_host::PluginInstance::make(parts_, library_, spec, {}, false);
            if (made.instance->start()) return;
            made.reason = made.instance->reason();
            made.instance.reset();
        });
        return made;
    }
    /// stop() and destroy() have run when this returns, if nobody else holds the instance.
    void end(std::shared_ptr<plugin_host::PluginInstance> instance) {
        instance.reset();
        control_.call([] {});
    }
    template <class F>
    void onControl(F&& job) {
        control_.call(job);
    }
    [[nodiscard]] io::WorkerPool& workers() noexcept { return workers_; }

private:
    SystemClock clock_;
    observability::Metrics metrics_;
    plugin_host::ControlThread control_;
    io::WorkerPool workers_{2, 64};
    plugin_host::OwnerTokens tokens_;
    plugin_host::HostParts parts_{clock_, metrics_, control_, workers_, tokens_, nullptr, nullptr, false};
    const std::string class_name_;
    std::shared_ptr<plugin_host::Library> library_;
};

}  // namespace gw::test
