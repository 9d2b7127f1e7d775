#include "base/ids.h"

#include <sys/random.h>

#include <array>
#include <cstdint>
#include <system_error>

namespace gw {
namespace {

constexpr std::string_view kCrockford = "0123456789abcdefghjkmnpqrstvwxyz";
constexpr std::string_view kBase62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A buffer of kernel randomness per thread: one system call serves many ids.
class RandomBytes {
public:
    std::uint8_t next() {
        if (used_ == bytes_.size()) refill();
        return bytes_[used_++];
    }

private:
    void refill() {
        if (getrandom(bytes_.data(), bytes_.size(), 0) != static_cast<ssize_t>(bytes_.size()))
            throw std::system_error(errno, std::generic_category(), "getrandom");
        used_ = 0;
    }
    std::array<std::uint8_t, 256> bytes_{};
    std::size_t used_ = bytes_.size();
};

struct UlidState {
    RandomBytes random;
    std::uint64_t millis = 0;
    std::array<std::uint8_t, 16> digits{};  // 80 random bits, 5 bits each
};

/// The same millisecond: count up, so that the order of making is the order of sorting.
void countUp(UlidState& state) {
    for (std::size_t i = state.digits.size(); i-- > 0;) {
        if (++state.digits[i] < 32) return;
        state.digits[i] = 0;
    }
}

}  // namespace

std::string newId(std::string_view prefix, WallTime now) {
    thread_local UlidState state;
    const auto millis = static_cast<std::uint64_t>(toMicros(now) / 1000);
    if (millis == state.millis) {
        countUp(state);
    } else {
        state.millis = millis;
        for (auto& digit : state.digits) digit = state.random.next() & 31;
    }
    std::string id(prefix);
    id.reserve(prefix.size() + 26);
    for (int shift = 45; shift >= 0; shift -= 5) id += kCrockford[(millis >> shift) & 31];
    for (const auto digit : state.digits) id += kCrockford[digit];
    return id;
}

std::string randomToken(std::size_t characters) {
    thread_local RandomBytes random;
    std::string token;
    token.reserve(characters);
    while (token.size() < characters) {
        const auto byte = random.next();
        if (byte < 248) token += kBase62[byte % 62];  // 248 = 4 * 62: no character is likelier than another
    }
    return token;
}

}  // namespace gw
