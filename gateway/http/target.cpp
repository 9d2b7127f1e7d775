#include "http/target.h"

#include <algorithm>

#include "http/chars.h"

namespace gw::http {
namespace {

constexpr std::string_view kEncodedDot = "%2e";

/// "." and ".." in any spelling; Windows' "..." is a name like another.
bool isDotSegment(std::string_view segment) noexcept {
    int dots = 0;
    while (!segment.empty()) {
        const bool encoded = segment.size() >= kEncodedDot.size() && segment[0] == '%' && segment[1] == '2' &&
                             (segment[2] | 0x20) == 'e';
        if (!encoded && segment[0] != '.') return false;
        segment.remove_prefix(encoded ? kEncodedDot.size() : 1);
        ++dots;
    }
    return dots == 1 || dots == 2;
}

bool hasPlainBytes(std::string_view path) noexcept {
    for (std::size_t i = 0; i < path.size(); ++i) {
        if (!is(path[i], CharClass::PathByte)) return false;
        if (path[i] != '%') continue;
        if (path.size() - i < 3 || !is(path[i + 1], CharClass::HexDigit) || !is(path[i + 2], CharClass::HexDigit))
            return false;
        const unsigned byte = hexValue(path[i + 1]) * 16 + hexValue(path[i + 2]);
        if (byte < 0x20 || byte == 0x7f) return false;
        i += 2;
    }
    return true;
}

bool isPort(std::string_view text) noexcept {
    constexpr std::size_t kMaxDigits = 5;
    return text.size() <= kMaxDigits && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

bool isPlainPath(std::string_view path) noexcept {
    if (!path.starts_with('/') || !hasPlainBytes(path)) return false;
    for (std::size_t from = 1;;) {
        const std::size_t slash = path.find('/', from);
        if (isDotSegment(path.substr(from, slash - from))) return false;
        if (slash == std::string_view::npos) return true;
        from = slash + 1;
    }
}

bool isHost(std::string_view text) noexcept {
    std::string_view port;
    if (text.starts_with('[')) {
        const std::size_t close = text.find(']');
        if (close == std::string_view::npos || close < 3) return false;
        const auto address = text.substr(1, close - 1);
        const auto fits = [](char c) { return is(c, CharClass::HexDigit) || c == ':' || c == '.'; };
        if (!std::ranges::all_of(address, fits)) return false;
        port = text.substr(close + 1);
        return port.empty() || (port.front() == ':' && isPort(port.substr(1)));
    }
    const std::size_t colon = std::min(text.find(':'), text.size());
    const auto name = text.substr(0, colon);
    if (colon < text.size()) port = text.substr(colon + 1);
    return !name.empty() && std::ranges::all_of(name, [](char c) { return is(c, CharClass::HostByte); }) &&
           isPort(port);
}

bool percentDecode(std::string_view encoded, std::string& out, bool plus_is_space) {
    for (std::size_t i = 0; i < encoded.size(); ++i) {
        if (encoded[i] == '+' && plus_is_space) {
            out += ' ';
        } else if (encoded[i] != '%') {
            out += encoded[i];
        } else {
            if (encoded.size() - i < 3 || !is(encoded[i + 1], CharClass::HexDigit) ||
                !is(encoded[i + 2], CharClass::HexDigit))
                return false;
            out += static_cast<char>(hexValue(encoded[i + 1]) * 16 + hexValue(encoded[i + 2]));
            i += 2;
        }
    }
    return true;
}

}  // namespace gw::http
