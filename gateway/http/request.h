#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/strong_id.h"
#include "io/cancellation.h"
#include "io/event_loop.h"

namespace gw::http {

/// What the access log tells of one request; handlers fill in what they learn. Never message content.
struct AccessRecord {
    std::string key_prefix, route, model, provider, outcome;  // outcome: ok, error code, client_gone, …
    int status = 0;
    std::int64_t input_tokens = -1, output_tokens = -1;
    std::uint64_t bytes_in = 0, bytes_out = 0;
    MonoTime begun, first_byte, ended;  // first_byte: of the answer's body; epoch if none
};

/// One complete request. Owned by the connection's coroutine for the length of handle(). [loop]
struct Request {
    std::string method;  // as sent: methods are case-sensitive (RFC 9110 9.1)
    std::string target;  // as sent
    std::string path;    // before '?', percent-encoded as sent; routing works on it
    std::string query;   // after '?', encoded
    std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
    std::string body;                     // decoded from its transfer coding; spare capacity of 64 bytes for simdjson
    std::string peer;                     // "127.0.0.1"
    RequestId id;                         // the client's X-Request-Id if it was fit, else ours
    std::vector<std::string> parameters;  // the decoded {…} segments of the route
    AccessRecord access;
    io::EventLoop* loop = nullptr;
    io::Cancellation* cancellation = nullptr;  // ClientGone, total deadline, shutdown

    /// First header of that lower-case name, or empty.
    [[nodiscard]] std::string_view header(std::string_view lower_name) const noexcept;
    /// Decoded query parameter, or empty. Throws Error(InvalidRequest) on a malformed percent sign.
    [[nodiscard]] std::string queryParameter(std::string_view name) const;
};

}  // namespace gw::http
