#pragma once
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "plugin_host/instance.h"
#include "plugin_host/instance_context.h"
#include "plugin_host/library.h"
#include "plugin_host/plugin_specs.h"

namespace gw::plugin_host {

/// An instance of a loaded class. Always held by the shared_ptr that make() gives: when the last goes, stop() and
/// destroy() run on the control thread. [any] unless marked.
class PluginInstance final : public Instance {
public:
    /// Creates it; throws Refusal, saying why (create's findings included). Nothing is started. [main]
    [[nodiscard]] static std::shared_ptr<PluginInstance> make(const HostParts& host, std::shared_ptr<Library> library,
                                                              const InstanceSpec& spec,
                                                              const std::vector<std::string>& grants, bool dry_run);
    PluginInstance(const PluginInstance&) = delete;
    PluginInstance& operator=(const PluginInstance&) = delete;
    ~PluginInstance() override = default;

    [[nodiscard]] const std::string& name() const noexcept override { return context_.name; }
    [[nodiscard]] const std::string& className() const noexcept override { return class_.id; }
    [[nodiscard]] const void* interface(std::string_view id) const noexcept override;
    [[nodiscard]] void* handle() const noexcept override { return context_.handle; }
    [[nodiscard]] InstanceContext& context() const noexcept override { return context_; }

    /// False: see reason(); may be tried again. [main]
    bool start();
    /// No new work will come. [main]
    void stop() noexcept;

    [[nodiscard]] PluginState state() const;
    [[nodiscard]] std::string reason() const;
    void setState(PluginState state, std::string reason);

    [[nodiscard]] const Library& library() const noexcept { return *library_; }
    [[nodiscard]] const PluginClass& pluginClass() const noexcept { return class_; }
    /// Whether a new instance of these would be this one again.
    [[nodiscard]] bool isSame(const InstanceSpec& spec, const std::vector<std::string>& grants,
                              const std::string& sha256) const;

private:
    PluginInstance(const HostParts& host, std::shared_ptr<Library> library, const PluginClass& plugin_class,
                   InstanceSpec spec);
    void create(bool dry_run);
    void end() noexcept;
    [[nodiscard]] std::string problemsText() const;

    std::shared_ptr<Library> library_;
    const PluginClass& class_;
    InstanceSpec spec_;
    mutable InstanceContext context_;
    bool started_ = false;  // [main]
    mutable std::mutex mutex_;
    PluginState state_ = PluginState::Starting;
    std::string reason_;
};

}  // namespace gw::plugin_host
