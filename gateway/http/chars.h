#pragma once
#include <array>
#include <cstdint>
#include <string_view>

namespace gw::http {

/// Character classes of RFC 9110 and RFC 3986, as one table of bits. [any]
enum class CharClass : std::uint8_t {
    Token = 1,       // method and field name
    FieldByte = 2,   // in a field's value: HTAB, SP, visible, obs-text
    TargetByte = 4,  // anywhere in a target: RFC 3986, and what SDKs send unescaped in a query: [ ] |
    PathByte = 8,    // in its path
    HostByte = 16,   // reg-name or IPv4
    HexDigit = 32,
};

namespace detail {

constexpr bool isOneOf(unsigned c, std::string_view set) {
    return c < 0x80 && set.find(static_cast<char>(c)) != std::string_view::npos;
}
constexpr bool isAlnum(unsigned c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
constexpr unsigned bit(bool has, CharClass what) {
    return has ? static_cast<unsigned>(what) : 0U;
}

constexpr std::array<std::uint8_t, 256> makeCharTable() {
    std::array<std::uint8_t, 256> table{};
    for (unsigned c = 0; c < table.size(); ++c) {
        const bool target = c > 0x20 && c < 0x7f && !isOneOf(c, "#\"<>\\^`{}");
        const unsigned bits = bit(isAlnum(c) || isOneOf(c, "!#$%&'*+-.^_`|~"), CharClass::Token) |
                              bit(c == '\t' || (c >= 0x20 && c != 0x7f), CharClass::FieldByte) |
                              bit(target, CharClass::TargetByte) |
                              bit(target && !isOneOf(c, "[]|"), CharClass::PathByte) |
                              bit(isAlnum(c) || isOneOf(c, "-._~!$&'()*+,;="), CharClass::HostByte) |
                              bit(isOneOf(c, "0123456789abcdefABCDEF"), CharClass::HexDigit);
        table[c] = static_cast<std::uint8_t>(bits);
    }
    return table;
}
inline constexpr auto kCharTable = makeCharTable();

}  // namespace detail

[[nodiscard]] constexpr bool is(char c, CharClass what) noexcept {
    return (detail::kCharTable[static_cast<unsigned char>(c)] & static_cast<unsigned>(what)) != 0;
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
