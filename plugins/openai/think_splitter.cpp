#include "think_splitter.h"

#include <algorithm>

namespace openai {

std::string_view ThinkSplitter::tag() const {
    return state_ == State::Before ? "<think>" : "</think>";
}

/// How much of `delta` cannot begin the tag: inside, all up to the next '<'; before it, blanks, which are no text yet.
std::size_t ThinkSplitter::plainLength(std::string_view delta) const {
    const std::size_t end = state_ == State::Before ? delta.find_first_not_of(" \t\r\n") : delta.find('<');
    return std::min(end, delta.size());
}

ThinkSplitter::Piece ThinkSplitter::giveUp() {
    const Piece piece{tag().substr(0, held_), state_ == State::Inside};
    held_ = 0;
    if (state_ == State::Before) state_ = State::Text;
    return piece;
}

ThinkSplitter::Piece ThinkSplitter::next(std::string_view& delta) {
    while (!delta.empty() && state_ != State::Text) {
        if (held_ == 0) {
            const std::string_view plain = delta.substr(0, plainLength(delta));
            delta.remove_prefix(plain.size());
            if (!plain.empty() && state_ == State::Inside) return {plain, true};
            if (delta.empty()) return {};
        }
        if (delta.front() != tag()[held_]) {
            if (const Piece piece = giveUp(); !piece.text.empty()) return piece;
            continue;
        }
        delta.remove_prefix(1);
        if (++held_ < tag().size()) continue;
        state_ = state_ == State::Before ? State::Inside : State::Text;
        held_ = 0;
    }
    const Piece rest{delta, false};
    delta = {};
    return rest;
}

ThinkSplitter::Piece ThinkSplitter::finish() {
    return state_ == State::Text ? Piece{} : giveUp();
}

}  // namespace openai
