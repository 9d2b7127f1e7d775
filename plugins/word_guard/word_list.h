#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace word_guard {

/// Whether a byte belongs to a word: letters, digits, '_', and every byte of characters beyond ASCII.
[[nodiscard]] bool isWordByte(char c);

/// The words that nobody may say, compared without regard to the case of ASCII letters. Immutable.
class WordList {
public:
    /// Throws gwp::error for one that is empty or no single word.
    void add(std::string_view word);
    [[nodiscard]] bool has(std::string_view word) const;
    /// Whether more bytes could make `start` one of them.
    [[nodiscard]] bool mayBecome(std::string_view start) const;
    [[nodiscard]] bool isIn(std::string_view text) const;

private:
    std::vector<std::string> words_;  // in lower case
};

}  // namespace word_guard
