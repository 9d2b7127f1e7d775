#pragma once
#include <string>
#include <string_view>

#include "io/byte_stream.h"

namespace gw::http {

/// The bytes a connection has received and nobody has taken yet. Reads go into one buffer per loop; only what is left
/// over when its reader must wait is kept here, so that a waiting connection holds no buffer. [loop]
class Input {
public:
    explicit Input(io::ByteStream& stream) noexcept : stream_(stream) {}

    /// What there is, read if need be: Done with `bytes` not empty, or why not. Valid until take(), which must come
    /// before the next wait.
    [[nodiscard]] io::IoState peek(std::string_view& bytes);
    /// Consumes the first `count` bytes of the last peek() and keeps the others.
    void take(std::size_t count);
    [[nodiscard]] bool empty() const noexcept { return fresh_.empty() && at_ == kept_.size(); }

private:
    io::ByteStream& stream_;
    std::string_view fresh_;  // in the loop's buffer
    std::string kept_;
    std::size_t at_ = 0;  // in kept_
};

}  // namespace gw::http
