#include "http/write_all.h"

#include "io/timer.h"

namespace gw::http {

Written tryWriteAll(io::ByteStream& stream, std::string_view bytes) {
    std::size_t sent = 0;
    while (sent < bytes.size()) {
        const auto result = stream.tryWrite({bytes.data() + sent, bytes.size() - sent});
        if (result.state != io::IoState::Done) return {sent, result.state};
        sent += result.bytes;
    }
    return {sent, io::IoState::Done};
}

io::Task<bool> writeAll(io::ByteStream& stream, std::string_view bytes, WriteRules rules) {
    io::Cancellation stalled(rules.cancellation);
    io::Deadline deadline(rules.loop, stalled, rules.stall);
    for (;;) {
        const auto written = tryWriteAll(stream, bytes);
        bytes.remove_prefix(written.bytes);
        rules.sent += written.bytes;
        if (written.state == io::IoState::Done) co_return true;
        if (written.state == io::IoState::Failed) co_return false;
        if (written.bytes > 0) deadline.extend(rules.stall);
        if (!co_await stream.ready(written.state, stalled)) co_return false;
    }
}

}  // namespace gw::http
