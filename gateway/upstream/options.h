#pragma once
#include <chrono>
#include <cstddef>

namespace gw::upstream {

/// Limits of one loop's client; 0 connections: no limit.
struct UpstreamOptions {
    std::size_t read_size = 16u << 10;     // bytes curl reads at once, and holds per open transfer
    std::size_t buffer_limit = 64u << 10;  // unread bytes at which a transfer is paused
    std::size_t head_limit = 64u << 10;    // bytes of a response's head, trailers included
    std::size_t idle_handles = 64;         // prepared requests kept for reuse
    long idle_connections = 256;           // kept open for reuse
    long max_connections = 0;              // in total
    long max_connections_per_host = 0;
    std::chrono::seconds idle_age{55};          // an idle connection older than this is not used again
    std::chrono::seconds connection_life{900};  // so that a changed DNS answer is seen
};

}  // namespace gw::upstream
