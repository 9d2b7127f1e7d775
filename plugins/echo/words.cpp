#include "words.h"

#include <algorithm>

namespace echo {
namespace {
constexpr std::string_view kBlanks = " \t\r\n";
}  // namespace

std::string_view takeWord(std::string_view& text) {
    const std::size_t begin = std::min(text.find_first_not_of(kBlanks), text.size());
    const std::size_t end = std::min(text.find_first_of(kBlanks, begin), text.size());
    const std::size_t next = std::min(text.find_first_not_of(kBlanks, end), text.size());
    const std::string_view word = text.substr(0, next);
    text.remove_prefix(next);
    return word;
}

std::int64_t countWords(std::string_view text) {
    std::int64_t words = 0;
    while (text.find_first_not_of(kBlanks) != std::string_view::npos) {
        static_cast<void>(takeWord(text));
        ++words;
    }
    return words;
}

}  // namespace echo
