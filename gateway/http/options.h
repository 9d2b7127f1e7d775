#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace gw::http {

/// How large one request may be; beyond it, it is refused at the byte that is too many.
struct RequestLimits {
    std::size_t head = 32UL * 1024;         // 431
    std::size_t target = 8UL * 1024;        // 414
    std::size_t fields = 100;               // 431
    std::size_t field_name = 256;           // 431
    std::size_t body = 32UL * 1024 * 1024;  // 413
};

/// Which pages of other origins may call the gateway from a browser. Without origins there is no CORS at all.
struct CorsOptions {
    std::vector<std::string> origins;  // exact, or the one entry "*", which is ignored together with credentials
    std::vector<std::string> methods = {"GET", "POST", "PATCH", "DELETE"};
    std::vector<std::string> headers = {"authorization", "content-type", "idempotency-key", "x-request-id"};
    std::vector<std::string> exposed = {"x-request-id", "retry-after"};
    std::chrono::seconds max_age{600};
    bool credentials = false;
};

/// Everything an operator can say about the listener and its connections. Read-only once the server has started.
struct HttpOptions {
    std::string address = "0.0.0.0";
    std::uint16_t port = 3000;  // 0: the kernel chooses, Server::port() tells
    int backlog = 1024;
    /// A listening socket per loop, so that a second process may share the port during an upgrade. Otherwise one
    /// socket, whose loop hands connections round: long streams then spread evenly, which the kernel's hash does not
    /// promise.
    bool reuse_port = false;
    std::size_t max_connections = 20'000;  // beyond: 503

    RequestLimits limits;
    std::chrono::milliseconds head_timeout{10'000};      // from a head's first byte; the first one from accept
    std::chrono::milliseconds idle_timeout{75'000};      // between requests
    std::chrono::milliseconds body_timeout{60'000};      // all of it
    std::chrono::milliseconds body_grace{5'000};         // before the slowest rate counts
    std::size_t body_min_rate = 1024;                    // bytes per second
    std::chrono::milliseconds request_timeout{900'000};  // from its first byte to the end of its answer
    std::chrono::milliseconds write_stall{30'000};       // without the client taking a byte
    std::chrono::milliseconds linger{2'000};             // reading on after the last answer, so that it arrives

    std::string server_header;  // empty: none
    CorsOptions cors;
};

}  // namespace gw::http
