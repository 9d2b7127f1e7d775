#pragma once
#include <gwp/base.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace gw::plugin_host {

/// A copy of a growable struct of unknown length: members it lacks are zero, members unknown here are left out (rules
/// G2, G3). A null pointer gives all zeros. [any]
template <class T>
[[nodiscard]] T viewOf(const T* table) noexcept {
    T copy{};
    if (table == nullptr) return copy;
    std::memcpy(&copy, table, std::min<std::size_t>(table->struct_size, sizeof(T)));
    return copy;
}

/// Whether a command asks for nothing beyond what is known here (rule G4).
template <class T>
[[nodiscard]] bool isWholeCommand(const T* command) noexcept {
    const auto* bytes = reinterpret_cast<const unsigned char*>(command);
    if (command->struct_size < 2 * sizeof(std::uint32_t)) return false;
    for (std::size_t i = sizeof(T); i < command->struct_size; ++i)
        if (bytes[i] != 0) return false;
    return true;
}

}  // namespace gw::plugin_host
