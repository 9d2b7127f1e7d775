#include "masker.h"

namespace word_guard {

std::string Masker::feed(std::string_view piece, const WordList& words) {
    std::string out;
    for (const char c : piece) {
        if (!isWordByte(c)) {
            endWord(out, words);
            out += c;
        } else if (harmless_) {
            out += c;
        } else if (word_ += c; !words.mayBecome(word_)) {
            out += word_;
            word_.clear();
            harmless_ = true;
        }
    }
    return out;
}

std::string Masker::finish(const WordList& words) {
    std::string out;
    endWord(out, words);
    return out;
}

void Masker::endWord(std::string& out, const WordList& words) {
    const bool masked = !word_.empty() && words.has(word_);
    found_ = found_ || masked;
    out += masked ? "***" : word_;
    word_.clear();
    harmless_ = false;
}

}  // namespace word_guard
