#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "protocol/line_reader.h"

namespace gw::protocol {

/// How an upstream body is cut before a provider sees it (GWP_FRAME_*).
enum class Framing : std::uint32_t {  // NOLINT(performance-enum-size): the ABI's width
    Raw = 0,                          // as it arrives
    Whole = 1,                        // one frame with the complete body, even an empty one
    Sse = 2,                          // one frame per server-sent event
    Lines = 3,                        // one frame per line that is not blank (NDJSON)
    Aws = 4,                          // application/vnd.amazon.eventstream, CRC checked
};

/// Borrowed until the callback returns.
struct Frame {
    Framing framing = Framing::Raw;
    std::string_view name;  // SSE event field or AWS :event-type (:exception-type); "" where the stream named none
    std::string_view data;
};

/// Bytes, however they are cut, to frames. Holds at most one unfinished frame of at most `limit` bytes, beyond which
/// feed() throws Error(UpstreamError). SSE by WHATWG HTML 9.2, with one tolerance: what the end of the stream leaves
/// unterminated is delivered by finish(), unless it is JSON that was cut off. A frame that lies in one piece of input
/// is not copied. [loop]
class FrameReader {
public:
    using Take = std::function<void(const Frame&)>;
    FrameReader(Framing framing, std::size_t limit);

    void feed(std::string_view bytes, const Take& take);
    /// The upstream has ended: delivers what is complete enough to be delivered.
    void finish(const Take& take);
    /// Bytes held for an unfinished frame.
    [[nodiscard]] std::size_t pending() const noexcept;
    /// Whether the last feed() brought nothing but comments and blanks: signs of life, but no progress.
    [[nodiscard]] bool wasIdle() const noexcept { return idle_; }

private:
    void sseLine(std::string_view line, const Take& take);
    void sseField(std::string_view name, std::string_view value);
    [[nodiscard]] std::string_view data() const noexcept;
    void dispatch(const Take& take);
    void feedSse(std::string_view bytes, const Take& take);
    void feedLines(std::string_view bytes, const Take& take);
    void feedAws(std::string_view bytes, const Take& take);
    void checkLimit() const;

    Framing framing_;
    std::size_t limit_;
    bool idle_ = true;
    bool first_line_ = true;  // Sse: a byte order mark may stand here
    LineReader lines_;
    std::string held_;  // Whole, Aws: what has come; Sse: data lines that could not stay a view
    std::string name_;
    std::string_view single_;  // Sse: the only data line so far, in the input or in lines_
    std::size_t data_lines_ = 0;
};

}  // namespace gw::protocol
