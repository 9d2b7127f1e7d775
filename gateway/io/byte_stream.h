#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

#include "io/cancellation.h"
#include "io/task.h"

namespace gw::io {

enum class IoState : std::uint8_t { Done, WantRead, WantWrite, Eof, Failed };

struct IoResult {
    IoState state = IoState::Failed;
    std::size_t bytes = 0;  // > 0 with Done
};

/// A connection that never blocks: try, and where it says WantRead or WantWrite, await that and try again. Plain
/// sockets and TLS look alike: a TLS read may want to write. [loop]
class ByteStream {
public:
    ByteStream() = default;
    ByteStream(const ByteStream&) = delete;
    ByteStream& operator=(const ByteStream&) = delete;
    virtual ~ByteStream() = default;

    [[nodiscard]] virtual IoResult tryRead(std::span<char> into) = 0;
    [[nodiscard]] virtual IoResult tryWrite(std::span<const char> from) = 0;
    /// Waits for what a try wanted. False: cancelled.
    [[nodiscard]] virtual Task<bool> ready(IoState wanted, Cancellation& cancellation) = 0;
    /// While set, `cancellation` is cancelled with ClientGone as soon as the peer has closed its side; null: stop
    /// watching.
    virtual void cancelWhenPeerLeaves(Cancellation* cancellation) = 0;
    /// Sends FIN (and close_notify), so that the peer reads what was sent before it sees the end.
    virtual void shutdownWrite() = 0;
};

}  // namespace gw::io
