#pragma once

namespace gw {

/// The product's version, as CMakeLists.txt says it.
inline constexpr const char* kVersion = GATEWAY_VERSION;

}  // namespace gw
