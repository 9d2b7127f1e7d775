#pragma once
#include <chrono>
#include <cstdint>

namespace gw {

using MonoTime = std::chrono::steady_clock::time_point;
using WallTime = std::chrono::sys_time<std::chrono::microseconds>;  // UTC

/// Time as a parameter, so that tests can hold it still. [any]
class Clock {
public:
    virtual ~Clock() = default;
    [[nodiscard]] virtual MonoTime mono() const = 0;
    [[nodiscard]] virtual WallTime wall() const = 0;
};

class SystemClock final : public Clock {
public:
    [[nodiscard]] MonoTime mono() const override { return std::chrono::steady_clock::now(); }
    [[nodiscard]] WallTime wall() const override {
        return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
    }
};

/// Microseconds since the epoch, as the database stores times.
[[nodiscard]] inline std::int64_t toMicros(WallTime time) {
    return time.time_since_epoch().count();
}
[[nodiscard]] inline WallTime fromMicros(std::int64_t micros) {
    return WallTime(std::chrono::microseconds(micros));
}

}  // namespace gw
