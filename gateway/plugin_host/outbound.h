#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "io/cancellation.h"
#include "io/task.h"

namespace gw::plugin_host {

using Headers = std::vector<std::pair<std::string, std::string>>;  // names in lower case

/// Where requests of one provider instance go and under which limits; the operator's configuration, read-only.
struct Endpoint {
    std::string base_url;                // "https://api.openai.com/v1", no trailing slash
    std::string proxy;                   // empty: the environment's (http_proxy, https_proxy, no_proxy)
    std::string ca_file;                 // empty: the system's
    bool verify_tls = true;              // false is logged loudly at start
    bool http2 = true;                   // where offered by ALPN
    bool public_addresses_only = false;  // for URLs that users supply: refuse loopback, private, link-local, metadata
    std::chrono::milliseconds connect_timeout{5'000};
    std::chrono::milliseconds first_byte_timeout{120'000};  // from the request's end to the response's head
    std::chrono::milliseconds idle_timeout{60'000};         // between two chunks of the body
    std::chrono::milliseconds total_timeout{600'000};
    std::size_t max_response_bytes = 256u << 20;
};

/// One upstream request, as build() wrote it.
struct OutboundRequest {
    std::string method;
    std::string path_and_query;  // appended to Endpoint::base_url
    Headers headers;
    std::string body;
    [[nodiscard]] bool started() const noexcept { return !method.empty(); }
};

struct ResponseHead {
    int status = 0;
    Headers headers;
};

/// How a transfer stands or ended. [loop]
enum class TransferState : std::uint8_t {
    Open,     // more may come
    Done,     // complete by its own framing
    Refused,  // the endpoint's address is not allowed (public_addresses_only), or the URL is malformed
    ResolveFailed,
    ConnectFailed,
    TlsFailed,
    ConnectTimeout,
    FirstByteTimeout,
    IdleTimeout,
    TotalTimeout,
    Reset,  // connection lost, or a body shorter than its framing promised
    TooLarge,
    Malformed,  // not HTTP
    Cancelled,  // by the Cancellation it was started with
};

struct HeadResult {
    TransferState state = TransferState::Open;  // Open or Done: head is filled
    ResponseHead head;
    std::string detail;  // for the log
};

struct ChunkResult {
    TransferState state = TransferState::Open;  // Open: bytes is not empty. Any other: the end, bytes is empty
    std::string_view bytes;                     // borrowed until the next call
    std::string detail;
};

/// One request in progress. Destroying it cancels what is still open, at once. The consumer's pace is the upstream's:
/// what is not asked for with next() is not read beyond a bounded buffer. [loop]
class Transfer {
public:
    virtual ~Transfer() = default;
    /// The final response's head (1xx are skipped), once.
    [[nodiscard]] virtual io::Task<HeadResult> head() = 0;
    /// All bytes that have come since the last call, waiting for some if there are none.
    [[nodiscard]] virtual io::Task<ChunkResult> next() = 0;
};

/// How plugin host and spine reach the network; gateway/upstream implements it, one per loop. [loop]
class Outbound {
public:
    virtual ~Outbound() = default;
    /// Endpoint and cancellation must outlive the transfer.
    [[nodiscard]] virtual std::unique_ptr<Transfer> start(const Endpoint& endpoint, OutboundRequest request,
                                                          io::Cancellation& cancellation) = 0;
};

}  // namespace gw::plugin_host
