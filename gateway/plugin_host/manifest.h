#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gw::plugin_host {

struct ManifestClass {
    std::string id;
    std::vector<std::string> interfaces;  // "kind", and "interfaces" if it offers more
    std::vector<std::string> needs, capabilities;
    std::uint32_t stage = 0;  // middleware: GWP_STAGE_*; 0: not said
};

/// The JSON text of .gwp.manifest: what a library says before any of its code runs.
struct Manifest {
    std::string id, version;
    std::vector<std::uint32_t> abi;  // majors
    std::uint32_t min_host_minor = 0;
    std::vector<std::string> needs;        // services of the whole library
    std::vector<std::string> system_libs;  // NEEDED entries beyond the C library
    std::vector<ManifestClass> classes;

    [[nodiscard]] const ManifestClass* find(std::string_view class_id) const noexcept;
};

/// Throws Refusal naming the field that is wrong. Unknown fields are left alone: a newer plugin may have more. [any]
[[nodiscard]] Manifest parseManifest(std::string_view text);

}  // namespace gw::plugin_host
