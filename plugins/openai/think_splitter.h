#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace openai {

/// Tells reasoning between <think> and </think> at the front of a text from the text behind it, however the deltas are
/// cut. [call]
class ThinkSplitter {
public:
    struct Piece {
        std::string_view text;  // in the delta, or static
        bool reasoning = false;
    };

    /// The next piece that `delta` settles, which is cut off; an empty one when all of it is used.
    [[nodiscard]] Piece next(std::string_view& delta);
    /// The end of the text: what looked like a tag was none.
    [[nodiscard]] Piece finish();

private:
    enum class State : std::uint8_t { Before, Inside, Text };
    [[nodiscard]] std::string_view tag() const;
    [[nodiscard]] Piece takePlain(std::string_view& delta);
    [[nodiscard]] Piece takeTag(std::string_view& delta);
    [[nodiscard]] Piece giveUp();

    State state_ = State::Before;
    std::size_t held_ = 0;  // characters of the tag seen so far
};

}  // namespace openai
