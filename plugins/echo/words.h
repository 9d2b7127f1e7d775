#pragma once
#include <cstdint>
#include <string_view>

namespace echo {

/// The first word of `text` with the blanks before and behind it, cut off from its front: the pieces of a text, put
/// together, are the text.
[[nodiscard]] std::string_view takeWord(std::string_view& text);
[[nodiscard]] std::int64_t countWords(std::string_view text);

}  // namespace echo
