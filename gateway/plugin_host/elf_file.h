#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace gw::plugin_host {

/// What a shared object says about itself, read from its bytes without running any of its code.
struct ElfFacts {
    std::vector<std::string> needed;     // DT_NEEDED
    std::vector<std::string> exports;    // defined dynamic symbols that others see
    std::vector<std::string> run_paths;  // DT_RPATH, DT_RUNPATH, as they stand
    std::string build_id;                // hex; may be empty
    std::string manifest;                // section .gwp.manifest without its final NULs; empty: none
    bool executable_stack = false;
    bool text_relocations = false;
};

/// Throws Refusal for what is not a well-formed 64-bit shared object of this machine. Every offset is checked: the
/// bytes may be anybody's. [any]
[[nodiscard]] ElfFacts readElf(std::span<const std::byte> bytes);

}  // namespace gw::plugin_host
