#include "protocol/json_parser.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace gw::protocol {
namespace {

constexpr std::size_t kKeptText = std::size_t{1}
                                  << 20;  // a thread keeps room for bodies of this size, not for the largest ever
constexpr std::size_t kKeptNodes = std::size_t{1} << 16;
constexpr std::size_t kMinimumText = std::size_t{1} << 14;

bool isBlank(char c) {
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}
bool isDigit(char c) {
    return c >= '0' && c <= '9';
}
bool isHex(char c) {
    return isDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/// Takes the digits that `rest` starts with; false: there are none.
bool takeDigits(std::string_view& rest) {
    const std::size_t count = std::min(rest.find_first_not_of("0123456789"), rest.size());
    rest.remove_prefix(count);
    return count > 0;
}

bool takeExponent(std::string_view& rest) {
    if (!rest.starts_with('e') && !rest.starts_with('E')) return true;
    rest.remove_prefix(1);
    if (rest.starts_with('+') || rest.starts_with('-')) rest.remove_prefix(1);
    return takeDigits(rest);
}

bool validNumber(std::string_view rest) {
    if (rest.starts_with('-')) rest.remove_prefix(1);
    if (rest.starts_with('0'))
        rest.remove_prefix(1);
    else if (!takeDigits(rest))
        return false;
    if (rest.starts_with('.')) {
        rest.remove_prefix(1);
        if (!takeDigits(rest)) return false;
    }
    return takeExponent(rest) && rest.empty();
}

/// Length of an escape by the character behind its backslash; 0: there is no such escape.
constexpr std::array<std::uint8_t, 256> escapeLengths() {
    std::array<std::uint8_t, 256> lengths{};
    for (const char kind : std::string_view("\"\\/bfnrt")) lengths[static_cast<unsigned char>(kind)] = 2;
    lengths['u'] = 6;
    return lengths;
}
constexpr auto kEscapeLengths = escapeLengths();

/// Length of the escape that starts with the backslash at `at`, or 0 if there is no such escape. Behind the text there
/// is always a quote.
std::size_t escapeLength(std::string_view text, std::size_t at) {
    if (at + 1 >= text.size()) return 0;
    const std::size_t length = kEscapeLengths[static_cast<unsigned char>(text[at + 1])];
    if (length != 6) return length;
    if (at + 6 > text.size()) return 0;
    const std::string_view digits = text.substr(at + 2, 4);
    return std::ranges::all_of(digits, isHex) ? 6 : 0;
}

/// A byte 0x80 for each byte of `word` that is a backslash; exact, so that its bits can be walked.
std::uint64_t backslashes(std::uint64_t word) {
    constexpr std::uint64_t kLow = 0x7F7F7F7F7F7F7F7F;
    const std::uint64_t other = word ^ 0x5C5C5C5C5C5C5C5C;
    return ~(((other & kLow) + kLow) | other | kLow);
}
static_assert(std::endian::native == std::endian::little, "the walk over a word starts at its lowest byte");

/// Checks every escape. memchr per backslash would cost more than the parse: text of code has one every few words.
bool validEscapes(std::string_view text) {
    std::size_t done = 0;  // everything before is checked
    std::size_t at = 0;
    for (; at + 8 <= text.size(); at += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, text.data() + at, 8);
        for (std::uint64_t hits = backslashes(word); hits != 0; hits &= hits - 1) {
            const std::size_t hit = at + static_cast<std::size_t>(std::countr_zero(hits)) / 8;
            if (hit < done) continue;  // the second half of a "\\"
            const std::size_t length = escapeLength(text, hit);
            if (length == 0) return false;
            done = hit + length;
        }
    }
    for (at = std::max(at, done); at < text.size();) {
        const std::size_t length = text[at] == '\\' ? escapeLength(text, at) : 1;
        if (length == 0) return false;
        at += length;
    }
    return true;
}

struct Scratch {
    simdjson::dom::parser parser;       // only its first stage
    std::unique_ptr<JsonNode[]> nodes;  // NOLINT(modernize-avoid-c-arrays): made without touching its memory
    std::size_t room = 0;               // of nodes
    std::vector<JsonParser::Open> open;
};

Scratch& scratch() {
    thread_local Scratch kept;
    return kept;
}

void shrink(Scratch& kept, std::size_t text_size) {
    if (text_size > kKeptText) kept.parser = simdjson::dom::parser();
    if (kept.room > kKeptNodes) {
        kept.nodes.reset();
        kept.room = 0;
    }
}

/// A body that was refused half-way may have been as large as any.
struct Shrink {
    Scratch& kept;
    std::size_t text_size;
    ~Shrink() { shrink(kept, text_size); }
};

/// The first stage knows that something is wrong with the bytes, but not where.
std::size_t firstBadByte(std::string_view text) {
    bool inside = false;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const auto c = static_cast<unsigned char>(text[at]);
        if (inside && c < 0x20) return at;
        if (inside && c == '\\') {
            ++at;
        } else if (c == '"') {
            inside = !inside;
        }
    }
    return text.size();
}

std::size_t firstBadSequence(std::string_view text) {
    for (std::size_t at = 0; at < text.size(); ++at) {
        if ((static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) continue;
        const std::size_t room = std::min<std::size_t>(4, text.size() - at);
        std::size_t length = 1;
        while (length < room && (static_cast<unsigned char>(text[at + length]) & 0xC0) == 0x80) ++length;
        if (!simdjson::validate_utf8(text.data() + at, length)) return at;
    }
    return 0;
}

}  // namespace

void JsonParser::parse() {
    Scratch& kept = scratch();
    const Shrink afterwards{kept, text_.size()};
    scan();
    const std::size_t room = std::min(mark_count_, limits_.nodes);  // every value has a mark
    if (kept.room < room) {
        kept.nodes = std::make_unique_for_overwrite<JsonNode[]>(room);  // NOLINT(modernize-avoid-c-arrays): as above
        kept.room = room;
    }
    kept.open.clear();
    open_ = &kept.open;
    nodes_ = kept.nodes.get();
    value({});
    while (!open_->empty()) step();
    if (mark_ < mark_count_) throw JsonError("there is text after the value", place());
    document_.nodes_ = std::make_unique_for_overwrite<JsonNode[]>(count_);  // NOLINT(modernize-avoid-c-arrays): json.h
    std::copy(nodes_, nodes_ + count_, document_.nodes_.get());
}

void JsonParser::scan() {
    simdjson::dom::parser& parser = scratch().parser;
    if (text_.size() > UINT32_MAX / 2) throw JsonError("the text is too long", 0);
    if (parser.capacity() < text_.size() || !parser.implementation) {
        const auto room = std::bit_ceil(std::max(text_.size(), kMinimumText));
        if (parser.allocate(room, 1) != simdjson::SUCCESS) throw std::bad_alloc();
    }
    auto& stage = *parser.implementation;
    const auto failure =
        stage.stage1(reinterpret_cast<const std::uint8_t*>(text_.data()), text_.size(), simdjson::stage1_mode::regular);
    marks_ = stage.structural_indexes.get();
    mark_count_ = stage.n_structural_indexes;
    if (failure == simdjson::SUCCESS) return;
    if (failure == simdjson::UTF8_ERROR) throw JsonError("the text is not UTF-8", firstBadSequence(text_));
    if (failure == simdjson::UNCLOSED_STRING) throw JsonError("a string has no end", text_.size());
    if (failure == simdjson::UNESCAPED_CHARS) throw JsonError("a control character in a string", firstBadByte(text_));
    throw JsonError("there is no value", text_.size());
}

/// After the opening of a container or after one of its children.
void JsonParser::step() {
    Open& parent = open_->back();
    const JsonNode& node = nodes_[parent.node];
    const bool object = node.is(JsonType::Object);
    if (peek() == (object ? '}' : ']')) return close();
    if (node.count_ > 0) expect(',', object ? "expected ',' or '}'" : "expected ',' or ']'");
    member(parent);
}

void JsonParser::member(Open& parent) {
    const std::size_t container = parent.node;
    const bool object = nodes_[container].is(JsonType::Object);
    const std::string_view key = object ? takeKey() : std::string_view();
    const auto child = static_cast<std::uint32_t>(count_);
    if (parent.child != 0) nodes_[parent.child].next_ = child - parent.child;
    parent.child = child;
    ++nodes_[container].count_;
    value(key);
}

std::string_view JsonParser::takeKey() {
    if (peek() != '"') throw JsonError("expected a member name", place());
    const std::size_t begin = marks_[mark_];
    const std::size_t end = tokenEnd();
    const bool escaped = checkString(begin, end);
    std::string_view key = text_.substr(begin + 1, end - begin - 2);
    if (escaped) {
        std::string plain;
        appendUnescaped(plain, key);
        key = *document_.unescaped_[document_.keep(std::move(plain))];
    }
    ++mark_;
    expect(':', "expected ':'");
    return key;
}

void JsonParser::value(std::string_view key) {
    if (mark_ >= mark_count_) throw JsonError("the text ends too early", text_.size());
    if (count_ >= limits_.nodes) throw JsonError("too many values", place());
    const std::size_t begin = marks_[mark_];
    JsonNode& node = nodes_[count_++];
    node.document_ = &document_;
    node.key_ = key.data();
    node.key_length_ = static_cast<std::uint32_t>(key.size());
    node.begin_ = static_cast<std::uint32_t>(begin);
    node.next_ = 0;
    node.count_ = 0;
    node.escaped_ = false;
    node.depth_ = static_cast<std::uint16_t>(open_->size());
    if (text_[begin] == '{' || text_[begin] == '[') return open(node);
    scalar(node, begin, tokenEnd());
    ++mark_;
}

void JsonParser::open(JsonNode& node) {
    if (open_->size() >= limits_.depth) throw JsonError("nested too deeply", node.begin_);
    node.type_ = static_cast<std::uint8_t>(text_[node.begin_] == '{' ? JsonType::Object : JsonType::Array);
    open_->push_back({static_cast<std::uint32_t>(count_ - 1), 0});
    ++mark_;
}

void JsonParser::close() {
    JsonNode& node = nodes_[open_->back().node];
    node.length_ = marks_[mark_] + 1 - node.begin_;
    open_->pop_back();
    ++mark_;
}

void JsonParser::scalar(JsonNode& node, std::size_t begin, std::size_t end) {
    const std::string_view token = text_.substr(begin, end - begin);
    node.length_ = static_cast<std::uint32_t>(token.size());
    JsonType type = JsonType::Number;
    if (token.front() == '"') {
        type = JsonType::String;
        node.escaped_ = checkString(begin, end);
    } else if (token == "null") {
        type = JsonType::Null;
    } else if (token == "true") {
        type = JsonType::True;
    } else if (token == "false") {
        type = JsonType::False;
    } else if (!validNumber(token)) {
        throw JsonError("not a JSON value", begin);
    }
    node.type_ = static_cast<std::uint8_t>(type);
}

/// Checks the string token and returns whether it has escapes.
bool JsonParser::checkString(std::size_t begin, std::size_t end) const {
    if (end < begin + 2 || text_[end - 1] != '"') throw JsonError("a string has no end", end);
    const std::string_view inside = text_.substr(begin + 1, end - begin - 2);
    const void* first = std::memchr(inside.data(), '\\', inside.size());
    if (first == nullptr) return false;
    if (!validEscapes(inside.substr(static_cast<std::size_t>(static_cast<const char*>(first) - inside.data()))))
        throw JsonError("a bad escape in a string", begin);
    return true;
}

void JsonParser::expect(char wanted, const char* reason) {
    if (peek() != wanted) throw JsonError(reason, place());
    ++mark_;
}

char JsonParser::peek() const {
    return mark_ < mark_count_ ? text_[marks_[mark_]] : '\0';
}

std::size_t JsonParser::place() const {
    return mark_ < mark_count_ ? marks_[mark_] : text_.size();
}

/// Between a token and the next mark there can only be blanks.
std::size_t JsonParser::tokenEnd() const {
    std::size_t end = mark_ + 1 < mark_count_ ? marks_[mark_ + 1] : text_.size();
    while (isBlank(text_[end - 1])) --end;
    return end;
}

}  // namespace gw::protocol
