#pragma once
#include <gwp/plugin.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "plugin_host/instance_context.h"
#include "plugin_host/manifest.h"

namespace gw::plugin_host {

/// One class of a loaded library; the strings are copies.
struct PluginClass {
    std::string id, title, summary;
    std::string schema;  // JSON Schema of the instances' config
    std::vector<std::string> interfaces, needs, capabilities;
    std::uint32_t stage = 0;  // middleware: where it would like to sit
    gwp_class table{};        // a view: members the plugin lacks are null
};

/// One private copy of one .so, mapped for the rest of the process: the object may go, the code stays. Made on [main],
/// then read-only. [any]
class Library {
public:
    struct Source {
        std::string file;  // where the operator put it
        std::string copy;  // what is mapped
        std::string sha256;
        Manifest manifest;
    };
    /// Maps the copy, calls its entry and checks what that returns. Throws Refusal. [main]
    Library(const HostParts& host, Source source);
    Library(const Library&) = delete;
    Library& operator=(const Library&) = delete;
    ~Library() = default;

    [[nodiscard]] const std::string& file() const noexcept { return source_.file; }
    [[nodiscard]] const std::string& sha256() const noexcept { return source_.sha256; }
    [[nodiscard]] const std::string& id() const noexcept { return source_.manifest.id; }
    [[nodiscard]] const std::string& version() const noexcept { return source_.manifest.version; }
    [[nodiscard]] const Manifest& manifest() const noexcept { return source_.manifest; }
    [[nodiscard]] std::uint32_t abiMinor() const noexcept { return table_.abi_minor; }
    [[nodiscard]] const std::vector<PluginClass>& classes() const noexcept { return classes_; }
    [[nodiscard]] const PluginClass* find(std::string_view class_id) const noexcept;
    /// This copy will not be used again. [main]
    void retire() noexcept;

private:
    void readClasses();
    [[nodiscard]] PluginClass readClass(const gwp_class* raw) const;

    Source source_;
    InstanceContext context_;  // the entry's gwp_hctx
    gwp_library table_{};
    std::vector<PluginClass> classes_;
};

/// Steps of negotiation that need no code: a common ABI major, min_host_minor, the library's needs. Throws Refusal.
/// [any]
void checkManifest(const HostParts& host, const Manifest& manifest, const std::vector<std::string>& exports);

}  // namespace gw::plugin_host
