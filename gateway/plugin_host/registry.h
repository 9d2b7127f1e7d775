#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "plugin_host/control_thread.h"
#include "plugin_host/instance.h"
#include "plugin_host/plugin_loader.h"
#include "plugin_host/plugin_specs.h"

namespace gw::plugin_host {

class PluginInstance;

/// The instances of one configuration. Read-only; their states are live. [any]
class Generation {
public:
    struct Entry {
        PluginStatus status;                       // as it was when built
        std::shared_ptr<PluginInstance> instance;  // null: failed, quarantined or disabled
    };
    [[nodiscard]] std::uint64_t number() const noexcept { return number_; }
    /// Null unless that instance is ready.
    [[nodiscard]] std::shared_ptr<Instance> find(std::string_view name) const;
    /// Every instance, in the order of the configuration.
    [[nodiscard]] std::vector<PluginStatus> statuses() const;
    [[nodiscard]] const std::vector<Entry>& entries() const noexcept { return entries_; }

private:
    friend class Registry;
    std::uint64_t number_ = 0;
    std::vector<Entry> entries_;
    std::vector<std::shared_ptr<Library>> libraries_;  // also those without an instance
};

/// Loads libraries, makes and starts instances, and swaps one configuration for the next: build() beside the running
/// one, then publish(). What the pieces stand on (HostParts) outlives it; the control thread runs all plugin code of
/// it. [any]
class Registry {
public:
    Registry(const HostParts& host, LoaderOptions options);
    Registry(const Registry&) = delete;
    Registry& operator=(const Registry&) = delete;
    /// Stops and destroys what nobody holds any more.
    ~Registry();

    /// A library by name, for its classes and their schemas, before any instance is configured. Throws
    /// std::runtime_error (Refusal) with the reason. Keep it until build(), so that it is not mapped twice.
    [[nodiscard]] std::shared_ptr<const Library> load(const PluginSpec& spec);
    /// Manifest, ELF facts and findings of a file as JSON, without running its code; `probed` adds a child's view.
    [[nodiscard]] std::string inspect(const std::string& path, bool probed);

    /// Creates every instance of one library as a dry run in a child; what failed, a sentence each.
    [[nodiscard]] std::vector<std::string> tryOut(const PluginSpec& spec);

    /// Makes the instances of a configuration, reusing those of the published one that would be the same. Nothing that
    /// runs is touched. Whatever goes wrong stands in the statuses; what that means for the start is the caller's
    /// policy. An instance whose start() failed is Starting and tried again in the background.
    [[nodiscard]] std::shared_ptr<const Generation> build(const std::vector<PluginSpec>& specs);
    /// From here on `next` is the current one; what it does not reuse gets stop() now and destroy() when its last user
    /// goes.
    void publish(std::shared_ptr<const Generation> next);

    [[nodiscard]] std::shared_ptr<const Generation> current() const;
    [[nodiscard]] std::shared_ptr<Instance> find(std::string_view name) const { return current()->find(name); }
    /// The current generation, then what is retired and still in use.
    [[nodiscard]] std::vector<PluginStatus> statuses() const;

private:
    struct Retired {
        PluginStatus status;
        std::weak_ptr<PluginInstance> instance;
    };
    void buildPlugin(const PluginSpec& spec, Generation& next);
    /// Why an instance that is not running yet would not do, by name; empty: it would. What a child found out.
    [[nodiscard]] std::map<std::string, std::string> probeFresh(const PluginSpec& spec, const Library& library) const;
    void makeInstances(const PluginSpec& spec, const std::shared_ptr<Library>& library, Generation& next);
    [[nodiscard]] std::shared_ptr<PluginInstance> makeOne(const PluginSpec& spec,
                                                          const std::shared_ptr<Library>& library,
                                                          const InstanceSpec& instance, const std::string& probe_reason,
                                                          PluginStatus& status);
    [[nodiscard]] std::shared_ptr<PluginInstance> running(std::string_view name) const;
    void addFailed(const PluginSpec& spec, PluginState state, const std::string& reason, Generation& next) const;
    void keepOrFail(const PluginSpec& spec, const std::string& reason, Generation::Entry& entry) const;
    void retire(const Generation& old, const Generation& next);

    const HostParts& host_;
    PluginLoader loader_;  // [main]
    mutable std::mutex mutex_;
    std::shared_ptr<const Generation> current_;
    std::vector<Retired> retired_;
    std::uint64_t generations_ = 0;  // [main]
};

}  // namespace gw::plugin_host
