#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace gw::plugin_host {

class Library;           // plugin_host/library.h: one private copy of one .so, never unloaded
struct InstanceContext;  // what a gwp_hctx points to: services, secrets, metrics of this instance

/// One configured instance of a plugin class: created, started, stopped and destroyed by the registry on the control
/// thread. Providers, chains and the record store hold it while they use it; it is destroyed when the last one lets go,
/// and that is posted to the control thread. [any] unless marked.
class Instance {
public:
    virtual ~Instance() = default;
    [[nodiscard]] virtual const std::string& name() const noexcept = 0;
    [[nodiscard]] virtual const std::string& className() const noexcept = 0;
    /// The table for an interface id ("gwp.provider.translate/1"), or null. Valid as long as the instance.
    [[nodiscard]] virtual const void* interface(std::string_view id) const noexcept = 0;
    /// The plugin's own gwp_instance*, as void* so that this header needs no C ABI.
    [[nodiscard]] virtual void* handle() const noexcept = 0;
    [[nodiscard]] virtual InstanceContext& context() const noexcept = 0;
};

}  // namespace gw::plugin_host
