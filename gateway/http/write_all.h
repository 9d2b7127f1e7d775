#pragma once
#include <chrono>
#include <cstdint>
#include <string_view>

#include "io/byte_stream.h"
#include "io/cancellation.h"
#include "io/event_loop.h"
#include "io/task.h"

namespace gw::http {

/// How far one round of tries came: Done when everything went out, else what to wait for, or Failed.
struct Written {
    std::size_t bytes;
    io::IoState state;
};
[[nodiscard]] Written tryWriteAll(io::ByteStream& stream, std::string_view bytes);

struct WriteRules {
    io::EventLoop& loop;
    io::Cancellation& cancellation;
    std::chrono::milliseconds stall;  // without a byte taken
    std::uint64_t& sent;              // counts up
};
/// Writes everything, waiting for the peer. `bytes` lives until the end. False: failed, stalled or cancelled. [loop]
[[nodiscard]] io::Task<bool> writeAll(io::ByteStream& stream, std::string_view bytes, WriteRules rules);

}  // namespace gw::http
