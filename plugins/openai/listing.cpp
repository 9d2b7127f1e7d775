#include "listing.h"

#include <array>
#include <cstdint>

#include "instance.h"
#include "usage.h"

namespace openai {
namespace {

[[noreturn]] void refuse(const char* text) {
    throw gwp::error(GWP_E_UPSTREAM, text, "upstream_invalid", 502, 0);
}

constexpr std::uint8_t kNoDigit = 0xFF;

constexpr std::array<std::uint8_t, 256> makeDigits() {
    std::array<std::uint8_t, 256> digits{};
    for (auto& digit : digits) digit = kNoDigit;
    constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (std::size_t i = 0; i < kAlphabet.size(); ++i)
        digits[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
    return digits;
}
constexpr auto kDigits = makeDigits();

/// Packed float32, little-endian as it stands in base64.
std::string_view decodeVector(std::string_view text, gwp_arena* arena) {
    while (!text.empty() && text.back() == '=') text.remove_suffix(1);
    char* bytes = static_cast<char*>(allocate(arena, text.size() * 3 / 4 + 1));
    std::size_t length = 0;
    std::uint32_t bits = 0;
    unsigned held = 0;
    for (const char c : text) {
        const std::uint8_t digit = kDigits[static_cast<unsigned char>(c)];
        if (digit == kNoDigit) refuse("An embedding in the provider's answer is not base64.");
        bits = bits << 6U | digit;
        held += 6;
        if (held < 8) continue;
        held -= 8;
        bytes[length++] = static_cast<char>(bits >> held & 0xFFU);
    }
    if (length == 0 || length % 4 != 0) refuse("An embedding in the provider's answer is cut short.");
    return {bytes, length};
}

void readEmbedding(Json item, std::uint64_t position, gwp_arena* scratch, Emitter& out) {
    const Json vector = item.isArray() ? item : item.at("/embedding");
    const auto index = static_cast<std::uint32_t>(item.at("/index").i64(static_cast<std::int64_t>(position)));
    if (vector.isArray()) return out.embedding(index, vector.raw(), {});
    if (!vector.isString()) refuse("The provider's answer has an entry without an embedding.");
    out.embedding(index, {}, decodeVector(vector.str(), scratch));
}

}  // namespace

void readEmbeddings(Json root, gwp_arena* scratch, Emitter& out) {
    const Json list = root.isArray() ? root : root.at("/data");
    if (!list.isArray() || list.size() == 0) refuse("The provider's answer has no embeddings.");
    std::uint64_t position = 0;
    list.each([&](std::string_view, Json item) { readEmbedding(item, position++, scratch, out); });
    if (const auto reading = readUsage(root.at("/usage")); reading.told()) out.usage(reading.usage);
}

void readModels(Json root, Emitter& out) {
    Json list = root.isArray() ? root : root.at("/data");
    if (!list.isArray()) list = root.at("/models");
    if (!list.isArray()) refuse("The provider's answer is not a list of models.");
    list.each([&](std::string_view, Json item) {
        std::string_view id = item.isString() ? item.str() : item.at("/id").str();
        if (id.empty()) id = item.at("/name").str();
        if (!id.empty()) out.model(id, item.isObject() ? item.raw() : std::string_view("{}"));
    });
}

}  // namespace openai
