#pragma once
#include <cstddef>
#include <string_view>

#include "plugin_host/outbound.h"

namespace gw::upstream {

/// Reads the header lines of one answer as curl hands them on, interim answers included, and refuses what is not plain
/// HTTP. Framing is curl's. [loop]
class HeadReader {
public:
    enum class Step : std::uint8_t { More, Complete, TooLarge, Malformed };

    explicit HeadReader(std::size_t limit) noexcept : limit_(limit) {}
    /// One line with its end. After Complete, lines are trailers: counted and dropped.
    [[nodiscard]] Step line(std::string_view line);
    [[nodiscard]] bool complete() const noexcept { return complete_; }
    [[nodiscard]] plugin_host::ResponseHead& head() noexcept { return head_; }
    /// Why it is malformed.
    [[nodiscard]] std::string_view problem() const noexcept { return problem_; }

private:
    [[nodiscard]] Step statusLine(std::string_view line);
    [[nodiscard]] Step endOfHead();
    [[nodiscard]] Step field(std::string_view line);
    [[nodiscard]] Step malformed(std::string_view problem) noexcept;

    std::size_t limit_;
    std::size_t seen_ = 0;
    int interim_ = 0;
    bool complete_ = false;
    plugin_host::ResponseHead head_;
    std::string_view problem_;  // static text
};

}  // namespace gw::upstream
