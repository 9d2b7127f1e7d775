#include "base/text.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <ctime>

namespace gw {
namespace {

/// The well-formed lead bytes of RFC 3629 with the range of the byte behind them: what is not in a row is overlong, a
/// surrogate or beyond U+10FFFF.
struct Utf8Row {
    unsigned char first_lead, last_lead, low, high;
    std::size_t length;
};
constexpr std::array kUtf8{Utf8Row{0xC2, 0xDF, 0x80, 0xBF, 2}, Utf8Row{0xE0, 0xE0, 0xA0, 0xBF, 3},
                           Utf8Row{0xE1, 0xEC, 0x80, 0xBF, 3}, Utf8Row{0xED, 0xED, 0x80, 0x9F, 3},
                           Utf8Row{0xEE, 0xEF, 0x80, 0xBF, 3}, Utf8Row{0xF0, 0xF0, 0x90, 0xBF, 4},
                           Utf8Row{0xF1, 0xF3, 0x80, 0xBF, 4}, Utf8Row{0xF4, 0xF4, 0x80, 0x8F, 4}};

/// Length of the well-formed sequence of two bytes or more at `at`, or 0.
std::size_t utf8Length(std::string_view text, std::size_t at) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
    const auto row = std::ranges::find_if(
        kUtf8, [&](const Utf8Row& r) { return byte(0) >= r.first_lead && byte(0) <= r.last_lead; });
    if (row == kUtf8.end() || at + row->length > text.size() || byte(1) < row->low || byte(1) > row->high) return 0;
    for (std::size_t i = 2; i < row->length; ++i)
        if ((byte(i) & 0xC0) != 0x80) return 0;
    return row->length;
}

void appendEscaped(std::string& out, unsigned char c) {
    switch (c) {
        case '"': out += "\\\""; return;
        case '\\': out += "\\\\"; return;
        case '\n': out += "\\n"; return;
        case '\r': out += "\\r"; return;
        case '\t': out += "\\t"; return;
        default: break;
    }
    std::array<char, 8> code{};
    std::snprintf(code.data(), code.size(), "\\u%04x", c);
    out += code.data();
}

constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<std::int8_t, 256> base64Values() {
    std::array<std::int8_t, 256> values{};
    values.fill(-1);
    for (std::size_t i = 0; i < kBase64.size(); ++i)
        values[static_cast<unsigned char>(kBase64[i])] = static_cast<std::int8_t>(i);
    return values;
}
constexpr auto kBase64Values = base64Values();

}  // namespace

void appendJsonString(std::string& out, std::string_view text) {
    out += '"';
    std::size_t plain = 0;  // start of the run that needs no change
    std::size_t at = 0;
    while (at < text.size()) {
        const auto c = static_cast<unsigned char>(text[at]);
        if (c >= 0x20 && c < 0x80 && c != '"' && c != '\\') {
            ++at;
            continue;
        }
        const std::size_t length = c < 0x80 ? 0 : utf8Length(text, at);
        if (length > 0) {
            at += length;
            continue;
        }
        out.append(text, plain, at - plain);
        if (c < 0x80)
            appendEscaped(out, c);
        else
            out += "\xEF\xBF\xBD";
        plain = ++at;
    }
    out.append(text, plain, at - plain);
    out += '"';
}

std::string jsonString(std::string_view text) {
    std::string out;
    out.reserve(text.size() + 2);
    appendJsonString(out, text);
    return out;
}

std::string rfc3339(WallTime time) {
    const auto micros = toMicros(time);
    const auto seconds = static_cast<std::time_t>(micros / 1'000'000);
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    std::array<char, 40> out{};
    std::snprintf(out.data(), out.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", parts.tm_year + 1900, parts.tm_mon + 1,
                  parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, static_cast<int>(micros / 1000 % 1000));
    return out.data();
}

std::string asciiLower(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

bool equalsIgnoreCase(std::string_view a, std::string_view b) noexcept {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return a.size() == b.size() &&
           std::equal(a.begin(), a.end(), b.begin(), [&](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trimBlanks(std::string_view text) noexcept {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::string base64Encode(std::string_view bytes) {
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const auto byte = [&](std::size_t k) {
            return static_cast<std::uint32_t>(i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0);
        };
        const std::uint32_t three = byte(0) << 16 | byte(1) << 8 | byte(2);
        out += kBase64[three >> 18 & 63];
        out += kBase64[three >> 12 & 63];
        out += i + 1 < bytes.size() ? kBase64[three >> 6 & 63] : '=';
        out += i + 2 < bytes.size() ? kBase64[three & 63] : '=';
    }
    return out;
}

bool base64Decode(std::string_view text, std::string& out) {
    out.clear();
    if (text.size() % 4 != 0) return false;
    const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
    text.remove_suffix(padding);
    out.reserve(text.size() / 4 * 3 + 2);
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto value = kBase64Values[static_cast<unsigned char>(text[i])];
        if (value < 0) return false;
        bits = bits << 6 | static_cast<std::uint32_t>(value);
        // Each character behind the first of four completes a byte.
        if (i % 4 != 0) out += static_cast<char>(bits >> (6 - i % 4 * 2) & 255);
    }
    return true;
}

}  // namespace gw
