#pragma once
#include <string>
#include <string_view>

#include "word_list.h"

namespace word_guard {

/// Masks the words of a text that comes in pieces cut anywhere. What may still become one of the words is kept back
/// until more is known; all else goes on at once.
class Masker {
public:
    /// What may go on of all that has come so far.
    [[nodiscard]] std::string feed(std::string_view piece, const WordList& words);
    /// The text has ended: the rest.
    [[nodiscard]] std::string finish(const WordList& words);
    /// Whether a word has been masked.
    [[nodiscard]] bool found() const { return found_; }

private:
    void endWord(std::string& out, const WordList& words);

    std::string word_;       // kept back: the front of a word
    bool harmless_ = false;  // the word that goes on is none of them, whatever follows
    bool found_ = false;
};

}  // namespace word_guard
