#pragma once
#include <string>
#include <string_view>

namespace gw::http {

/// Whether a path means one thing to every reader: starts with '/', has no dot segment (written out or
/// percent-encoded), no malformed percent sign and no encoded control byte. [any]
[[nodiscard]] bool isPlainPath(std::string_view path) noexcept;

/// RFC 9110 7.2: name, IPv4 or [IPv6], and perhaps a port; never empty here. [any]
[[nodiscard]] bool isHost(std::string_view text) noexcept;

/// Appends the text that `encoded` stands for. False on a malformed percent sign. [any]
[[nodiscard]] bool percentDecode(std::string_view encoded, std::string& out, bool plus_is_space = false);

}  // namespace gw::http
