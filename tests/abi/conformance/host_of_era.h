#pragma once
#include <gwp/plugin.h>

#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "plugin_host/host_services.h"

namespace gw::conformance {

/// Older: optional services are missing and tables are short. NewerZero, NewerFilled: every struct of the host is
/// longer than the plugin's headers know, its tail zero or 0xAA.
enum class Era { Older, Today, NewerZero, NewerFilled };

/// A struct as a host of that era would hand it over.
template <class T>
class OfEra {
public:
    OfEra(Era era, const T& value) : bytes_(sizeof(T) + kTail, era == Era::NewerFilled ? 0xAA : 0) {
        T copy = value;
        copy.struct_size = static_cast<std::uint32_t>(era >= Era::NewerZero ? bytes_.size() : sizeof(T));
        std::memcpy(bytes_.data(), &copy, sizeof(T));
    }
    [[nodiscard]] const T* get() const { return reinterpret_cast<const T*>(bytes_.data()); }

private:
    static constexpr std::size_t kTail = 64;
    std::vector<unsigned char> bytes_;  // from operator new: aligned for every struct of the ABI
};

/// The gateway's own host and services, dressed as another version's. One per process.
class HostOfEra {
public:
    explicit HostOfEra(Era era);
    HostOfEra(const HostOfEra&) = delete;
    HostOfEra& operator=(const HostOfEra&) = delete;
    ~HostOfEra() { current_ = nullptr; }

    [[nodiscard]] Era era() const { return era_; }
    [[nodiscard]] const gwp_host* table() const { return host_.get(); }
    [[nodiscard]] gwp_hctx* hc() { return &context_; }

private:
    static const void* getService(gwp_hctx* hc, gwp_str id) noexcept;
    [[nodiscard]] const void* dress(std::string_view id, const void* table);

    static inline HostOfEra* current_ = nullptr;
    Era era_;
    SystemClock clock_;
    observability::Metrics metrics_;
    plugin_host::ControlThread control_;
    io::WorkerPool workers_{1, 16};
    plugin_host::OwnerTokens tokens_;
    plugin_host::MemoryStore kv_{clock_, 1u << 20};
    plugin_host::HostParts parts_{clock_, metrics_, control_, workers_, tokens_, &kv_, nullptr, true};
    plugin_host::InstanceContext context_{parts_};
    std::shared_ptr<int> life_ = std::make_shared<int>(0);
    OfEra<gwp_host> host_;
    std::map<std::string, std::vector<unsigned char>, std::less<>> dressed_;
};

}  // namespace gw::conformance
