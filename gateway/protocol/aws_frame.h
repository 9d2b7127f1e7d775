#pragma once
#include <cstddef>
#include <string_view>

namespace gw::protocol {

/// One message of application/vnd.amazon.eventstream: length, length of headers, CRC of these, headers, payload, CRC of
/// all.
struct AwsFrame {
    std::size_t length = 0;  // of the whole message; 0: not complete yet
    std::string_view name;   // :event-type, or :exception-type, or :error-code
    std::string_view payload;
};

/// The message that `bytes` start with. Throws Error(UpstreamError) if it is malformed, damaged or longer than `limit`.
/// [any]
[[nodiscard]] AwsFrame parseAwsFrame(std::string_view bytes, std::size_t limit);

}  // namespace gw::protocol
