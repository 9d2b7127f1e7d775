#pragma once
#include <array>
#include <cstdint>
#include <string_view>

namespace gw::http {

/// Character classes of RFC 9110 and RFC 3986, as one table of bits. [any]
enum CharClass : std::uint8_t {
    kToken = 1,       // method and field name
    kFieldByte = 2,   // in a field's value: HTAB, SP, visible, obs-text
    kTargetByte = 4,  // anywhere in a target
    kPathByte = 8,    // in its path
    kHostByte = 16,   // reg-name or IPv4
    kHexDigit = 32,
};

namespace detail {
constexpr std::array<std::uint8_t, 256> makeCharTable() {
    std::array<std::uint8_t, 256> table{};
    for (unsigned c = 0; c < 256; ++c) {
        const bool digit = c >= '0' && c <= '9';
        const bool alpha = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        const auto in = [c](std::string_view set) { return set.find(static_cast<char>(c)) != std::string_view::npos; };
        const bool ascii = c > 0x20 && c < 0x7f;
        unsigned bits = 0;
        if (alpha || digit || (ascii && in("!#$%&'*+-.^_`|~"))) bits |= kToken;
        if (c == '\t' || (c >= 0x20 && c != 0x7f)) bits |= kFieldByte;
        // RFC 3986, and in the query also what the SDKs send unescaped: [ ] |
        if (ascii && !in("#\"<>\\^`{}")) bits |= kTargetByte;
        if (ascii && !in("#\"<>\\^`{}[]|")) bits |= kPathByte;
        if (alpha || digit || (ascii && in("-._~!$&'()*+,;="))) bits |= kHostByte;
        if (digit || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')) bits |= kHexDigit;
        table[c] = static_cast<std::uint8_t>(bits);
    }
    return table;
}
inline constexpr auto kCharTable = makeCharTable();
}  // namespace detail

[[nodiscard]] constexpr bool is(char c, CharClass what) noexcept {
    return (detail::kCharTable[static_cast<unsigned char>(c)] & what) != 0;
}
[[nodiscard]] constexpr const char* skip(const char* from, const char* end, CharClass what) noexcept {
    while (from != end && is(*from, what)) ++from;
    return from;
}
/// The value of a hexadecimal digit. Only for those.
[[nodiscard]] constexpr unsigned hexValue(char c) noexcept {
    return static_cast<unsigned>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
}

}  // namespace gw::http
