#pragma once
#include <string>
#include <string_view>

#include "base/clock.h"

namespace gw {

/// Appends `text` as a JSON string with its quote marks (RFC 8259, 7). Bytes that are not UTF-8 become U+FFFD. [any]
void appendJsonString(std::string& out, std::string_view text);
[[nodiscard]] std::string jsonString(std::string_view text);

/// RFC 3339 in UTC with milliseconds: "2026-01-31T12:00:00.000Z". [any]
[[nodiscard]] std::string rfc3339(WallTime time);

/// ASCII only, whatever the locale. [any]
[[nodiscard]] std::string asciiLower(std::string_view text);
[[nodiscard]] bool equalsIgnoreCase(std::string_view a, std::string_view b) noexcept;
[[nodiscard]] std::string_view trimBlanks(std::string_view text) noexcept;  // SP and HTAB at both ends

/// RFC 4648 base64 with padding. decode: false on a character or a length that is not base64. [any]
[[nodiscard]] std::string base64Encode(std::string_view bytes);
[[nodiscard]] bool base64Decode(std::string_view text, std::string& out);

}  // namespace gw
