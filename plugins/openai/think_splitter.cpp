#include "think_splitter.h"

namespace openai {

std::string_view ThinkSplitter::tag() const {
    return state_ == State::Before ? "<think>" : "</think>";
}

ThinkSplitter::Piece ThinkSplitter::giveUp() {
    const Piece piece{tag().substr(0, held_), state_ == State::Inside};
    held_ = 0;
    if (state_ == State::Before) state_ = State::Text;
    return piece;
}

/// What cannot begin the tag: inside, all up to the next '<'; before it, blanks, which are no text yet.
ThinkSplitter::Piece ThinkSplitter::takePlain(std::string_view& delta) {
    const std::size_t end = state_ == State::Before ? delta.find_first_not_of(" \t\r\n") : delta.find('<');
    const std::string_view plain = delta.substr(0, end);
    delta.remove_prefix(plain.size());
    if (state_ == State::Inside && !plain.empty()) return {plain, true};
    return takeTag(delta);
}

ThinkSplitter::Piece ThinkSplitter::takeTag(std::string_view& delta) {
    while (!delta.empty() && delta.front() == tag()[held_]) {
        delta.remove_prefix(1);
        if (++held_ < tag().size()) continue;
        state_ = state_ == State::Before ? State::Inside : State::Text;
        held_ = 0;
        return {};
    }
    return delta.empty() ? Piece{} : giveUp();
}

ThinkSplitter::Piece ThinkSplitter::next(std::string_view& delta) {
    while (!delta.empty() && state_ != State::Text) {
        const Piece piece = held_ == 0 ? takePlain(delta) : takeTag(delta);
        if (!piece.text.empty()) return piece;
    }
    const Piece rest{delta, false};
    delta = {};
    return rest;
}

ThinkSplitter::Piece ThinkSplitter::finish() {
    return state_ == State::Text ? Piece{} : giveUp();
}

}  // namespace openai
