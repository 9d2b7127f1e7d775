#include "cursor.h"

#include <cstring>

namespace sqlite_store {
namespace {

constexpr char kVersion = 1;

void appendNumber(std::string& out, std::uint64_t number) {
    for (int shift = 0; shift < 64; shift += 8) out += static_cast<char>(number >> shift);
}

bool takeNumber(std::string_view& text, std::uint64_t& number) {
    if (text.size() < 8) return false;
    number = 0;
    for (unsigned i = 0; i < 8; ++i) number |= std::uint64_t{static_cast<unsigned char>(text[i])} << (8 * i);
    text.remove_prefix(8);
    return true;
}

bool isBytes(std::uint32_t type) {
    return type == GWP_T_TEXT || type == GWP_T_BLOB || type == GWP_T_JSON;
}

void appendValue(std::string& out, const gwp_value& value) {
    out += static_cast<char>(value.type);
    if (value.type == 0) return;
    std::uint64_t number = isBytes(value.type) ? value.b.len : static_cast<std::uint64_t>(value.i);
    if (value.type == GWP_T_F64) std::memcpy(&number, &value.d, sizeof number);
    appendNumber(out, number);
    if (isBytes(value.type)) out += gwp::sv(value.b);
}

bool takeValue(std::string_view& text, const Column& column, gwp_value& value) {
    if (text.empty()) return false;
    value.type = static_cast<unsigned char>(text[0]);
    text.remove_prefix(1);
    if (value.type == 0) return column.nullable();
    std::uint64_t number = 0;
    if (value.type != column.type || !takeNumber(text, number)) return false;
    if (value.type == GWP_T_F64) {
        std::memcpy(&value.d, &number, sizeof number);
        return true;
    }
    if (!isBytes(value.type)) {
        value.i = static_cast<std::int64_t>(number);
        return true;
    }
    if (number > text.size()) return false;
    value.b = gwp::bytes(text.substr(0, number));
    text.remove_prefix(number);
    return true;
}

}  // namespace

std::uint64_t hashBytes(std::uint64_t seed, std::string_view bytes) noexcept {
    std::uint64_t hash = seed ^ 0xcbf29ce484222325u;
    for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3u;
    return hash;
}

std::string encodeCursor(CursorScope scope, const std::vector<gwp_value>& values) {
    std::string out(1, kVersion);
    for (const gwp_value& value : values) appendValue(out, value);
    appendNumber(out, hashBytes(scope, out));
    return out;
}

std::optional<std::vector<gwp_value>> decodeCursor(CursorScope scope, std::string_view text,
                                                   const std::vector<const Column*>& order) {
    if (text.size() < 9 || text[0] != kVersion) return std::nullopt;
    std::string_view tail = text.substr(text.size() - 8);
    text.remove_suffix(8);
    std::uint64_t sum = 0;
    if (!takeNumber(tail, sum) || sum != hashBytes(scope, text)) return std::nullopt;
    text.remove_prefix(1);
    std::vector<gwp_value> values(order.size());
    for (std::size_t i = 0; i < order.size(); ++i)
        if (!takeValue(text, *order[i], values[i])) return std::nullopt;
    if (!text.empty()) return std::nullopt;
    return values;
}

}  // namespace sqlite_store
