#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace gw::protocol {

/// How an upstream body is cut before a provider sees it (GWP_FRAME_*).
enum class Framing : std::uint32_t {
    Raw = 0,    // as it arrives
    Whole = 1,  // one frame with the complete body
    Sse = 2,    // one frame per server-sent event
    Lines = 3,  // one frame per line (NDJSON)
    Aws = 4,    // application/vnd.amazon.eventstream, CRC checked
};

/// Borrowed until the callback returns.
struct Frame {
    Framing framing = Framing::Raw;
    std::string_view name;  // SSE event field or AWS :event-type; "" where the stream named none
    std::string_view data;
};

/// Bytes, however they are cut, to frames. Holds at most one unfinished frame of at most `limit` bytes, beyond which feed()
/// throws Error(UpstreamError). SSE by WHATWG HTML 9.2, with the tolerances of docs/adr (an unterminated last event is
/// delivered by finish() when it has data). [loop]
class FrameReader {
public:
    using Take = std::function<void(const Frame&)>;
    FrameReader(Framing framing, std::size_t limit);

    void feed(std::string_view bytes, const Take& take);
    /// The upstream has ended: delivers what is complete enough to be delivered.
    void finish(const Take& take);
    /// Bytes held for an unfinished frame.
    [[nodiscard]] std::size_t pending() const noexcept;

private:
    // The owner of this file chooses the members.
};

}  // namespace gw::protocol
