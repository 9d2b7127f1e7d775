#include "protocol/aws_frame.h"

#include <array>
#include <cstdint>
#include <string>

#include "base/error.h"

namespace gw::protocol {
namespace {

constexpr std::size_t kPrelude = 12;  // two lengths and their CRC
constexpr std::size_t kTrailer = 4;   // the CRC of all

constexpr std::array<std::uint32_t, 256> crcTable() {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
        std::uint32_t rest = byte;
        for (int bit = 0; bit < 8; ++bit) rest = (rest & 1U) != 0 ? 0xEDB88320U ^ rest >> 1U : rest >> 1U;
        table[byte] = rest;
    }
    return table;
}
constexpr auto kCrcTable = crcTable();

std::uint32_t crc32(std::string_view bytes) {
    std::uint32_t crc = 0xFFFFFFFFU;
    for (const char c : bytes) crc = kCrcTable[(crc ^ static_cast<unsigned char>(c)) & 0xFFU] ^ crc >> 8U;
    return ~crc;
}

std::uint32_t bigEndian(std::string_view bytes) {
    std::uint32_t value = 0;
    for (const char c : bytes) value = value << 8U | static_cast<unsigned char>(c);
    return value;
}

[[noreturn]] void damaged(const char* what) {
    throw Error(ErrorCode::UpstreamError, "The provider's answer is damaged.", std::string("event stream: ") + what);
}

std::string_view take(std::string_view& bytes, std::size_t count) {
    if (count > bytes.size()) damaged("a header is cut");
    const std::string_view taken = bytes.substr(0, count);
    bytes.remove_prefix(count);
    return taken;
}

/// A header's value; empty unless it is a string.
std::string_view takeValue(std::string_view& headers) {
    constexpr std::array<std::size_t, 10> kSizes = {0, 0, 1, 2, 4,
                                                    8, 0, 0, 8, 16};  // by type; 6 and 7 say their length
    const std::uint32_t type = bigEndian(take(headers, 1));
    if (type >= kSizes.size()) damaged("a header of unknown type");
    if (type != 6 && type != 7) {
        take(headers, kSizes[type]);
        return {};
    }
    const std::string_view value = take(headers, bigEndian(take(headers, 2)));
    return type == 7 ? value : std::string_view();
}

std::string_view eventName(std::string_view headers) {
    std::string_view name;
    while (!headers.empty()) {
        const std::string_view key = take(headers, bigEndian(take(headers, 1)));
        const std::string_view value = takeValue(headers);
        if (key == ":event-type" || key == ":exception-type" || key == ":error-code") name = value;
    }
    return name;
}

}  // namespace

AwsFrame parseAwsFrame(std::string_view bytes, std::size_t limit) {
    if (bytes.size() < kPrelude) return {};
    const std::size_t length = bigEndian(bytes.substr(0, 4));
    const std::size_t headers = bigEndian(bytes.substr(4, 4));
    if (crc32(bytes.substr(0, 8)) != bigEndian(bytes.substr(8, 4))) damaged("bad checksum of a prelude");
    if (length < kPrelude + kTrailer || headers > length - kPrelude - kTrailer) damaged("bad lengths");
    if (length > limit) damaged("a message is longer than allowed");
    if (bytes.size() < length) return {};
    const std::size_t body = length - kTrailer;
    if (crc32(bytes.substr(0, body)) != bigEndian(bytes.substr(body, kTrailer))) damaged("bad checksum of a message");
    return {length, eventName(bytes.substr(kPrelude, headers)),
            bytes.substr(kPrelude + headers, body - kPrelude - headers)};
}

}  // namespace gw::protocol
