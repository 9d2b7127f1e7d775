// links: protocol base
// An upstream's bytes, cut anywhere: no framing may crash, and cuts may not change what SSE, lines and bodies give.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/error.h"
#include "protocol/frame_reader.h"

namespace {

using gw::protocol::Frame;
using gw::protocol::FrameReader;
using gw::protocol::Framing;
using Frames = std::vector<std::string>;

constexpr std::size_t kLimit = 1 << 16;

/// `step` 0: whole. False: the reader refused the bytes.
bool read(Framing framing, std::string_view bytes, std::size_t step, Frames& frames) {
    const auto take = [&frames](const Frame& frame) {
        frames.push_back(std::string(frame.name) + '\0' + std::string(frame.data));
    };
    FrameReader reader(framing, kLimit);
    try {
        while (!bytes.empty()) {
            const std::string piece(bytes.substr(0, step == 0 ? bytes.size() : step));
            reader.feed(piece, take);
            if (reader.pending() > kLimit) std::abort();
            bytes.remove_prefix(piece.size());
        }
        reader.finish(take);
    } catch (const gw::Error&) {
        return false;
    }
    return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const auto framing = static_cast<Framing>(data[0] % 5);
    const std::size_t step = 1 + data[1] % 16;
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
    Frames whole;
    Frames cut;
    const bool whole_ok = read(framing, bytes, 0, whole);
    const bool cut_ok = read(framing, bytes, step, cut);
    if (framing != Framing::Raw && whole_ok && cut_ok && whole != cut) std::abort();
    if (framing != Framing::Raw && bytes.size() < kLimit && whole_ok != cut_ok) std::abort();
    return 0;
}
