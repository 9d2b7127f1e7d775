#include "word_list.h"

#include <algorithm>
#include <gwp/gwp.hpp>

namespace word_guard {
namespace {

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

bool sameFront(std::string_view front, std::string_view word) {
    return front.size() <= word.size() &&
           std::equal(front.begin(), front.end(), word.begin(), [](char a, char b) { return lower(a) == b; });
}

}  // namespace

bool isWordByte(char c) {
    const char l = lower(c);
    return (l >= 'a' && l <= 'z') || (c >= '0' && c <= '9') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}

void WordList::add(std::string_view word) {
    if (word.empty() || !std::ranges::all_of(word, isWordByte))
        throw gwp::error(GWP_E_INVALID, "each entry of words must be one word without blanks or punctuation");
    std::string lowered(word);
    std::ranges::transform(lowered, lowered.begin(), lower);
    words_.push_back(std::move(lowered));
}

bool WordList::has(std::string_view word) const {
    return std::ranges::any_of(
        words_, [word](const std::string& known) { return known.size() == word.size() && sameFront(word, known); });
}

bool WordList::mayBecome(std::string_view start) const {
    return std::ranges::any_of(words_, [start](const std::string& known) { return sameFront(start, known); });
}

bool WordList::isIn(std::string_view text) const {
    while (!text.empty()) {
        const auto* end = std::ranges::find_if_not(text, isWordByte);
        const auto length = static_cast<std::size_t>(end - text.begin());
        if (length > 0 && has(text.substr(0, length))) return true;
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return false;
}

}  // namespace word_guard
