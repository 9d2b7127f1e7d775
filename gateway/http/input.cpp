#include "http/input.h"

#include <array>
#include <memory>

namespace gw::http {
namespace {

/// One read takes a whole small request, and a large body in few.
constexpr std::size_t kBuffer = 64UL * 1024;

std::span<char> loopBuffer() {
    thread_local const auto buffer = std::make_unique<std::array<char, kBuffer>>();
    return *buffer;
}

}  // namespace

io::IoState Input::peek(std::string_view& bytes) {
    if (!fresh_.empty()) {
        bytes = fresh_;
        return io::IoState::Done;
    }
    if (at_ < kept_.size()) {
        bytes = std::string_view(kept_).substr(at_);
        return io::IoState::Done;
    }
    const auto buffer = loopBuffer();
    const auto result = stream_.tryRead(buffer);
    if (result.state == io::IoState::Done) bytes = fresh_ = {buffer.data(), result.bytes};
    return result.state;
}

void Input::take(std::size_t count) {
    if (!fresh_.empty()) {
        kept_.assign(fresh_.substr(count));
        fresh_ = {};
        at_ = 0;
        return;
    }
    at_ += count;
    if (at_ == kept_.size()) {
        std::string().swap(kept_);
        at_ = 0;
    }
}

}  // namespace gw::http
