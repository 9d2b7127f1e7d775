#include "protocol/json.h"

#include <charconv>
#include <cmath>
#include <utility>

#include "protocol/json_parser.h"

namespace gw::protocol {
namespace {

unsigned hexValue(char c) {
    if (c <= '9') return static_cast<unsigned>(c - '0');
    return static_cast<unsigned>((c | 0x20) - 'a' + 10);
}

unsigned unitAt(std::string_view hex) {
    unsigned unit = 0;
    for (const char c : hex.substr(0, 4)) unit = unit << 4U | hexValue(c);
    return unit;
}

void appendUtf8(std::string& out, unsigned point) {
    const auto put = [&](unsigned byte) { out += static_cast<char>(byte); };
    const auto follow = [&](unsigned shift) { put(0x80U | ((point >> shift) & 0x3FU)); };
    if (point < 0x80) return put(point);
    if (point < 0x800) {
        put(0xC0U | point >> 6U);
        return follow(0);
    }
    if (point < 0x10000) {
        put(0xE0U | point >> 12U);
        follow(6);
        return follow(0);
    }
    put(0xF0U | point >> 18U);
    follow(12);
    follow(6);
    follow(0);
}

/// `at` stands on the u of an escape. Returns where the next character starts.
std::size_t appendCodePoint(std::string& out, std::string_view inside, std::size_t at) {
    unsigned point = unitAt(inside.substr(at + 1));
    at += 5;
    if (point >= 0xD800 && point < 0xDC00 && inside.substr(at, 2) == "\\u") {
        const unsigned low = unitAt(inside.substr(at + 2));
        if (low >= 0xDC00 && low < 0xE000) {
            point = 0x10000 + ((point - 0xD800) << 10U) + (low - 0xDC00);
            at += 6;
        }
    }
    appendUtf8(out, point >= 0xD800 && point < 0xE000 ? 0xFFFD : point);
    return at;
}

char plainEscape(char kind) {
    switch (kind) {
        case 'b': return '\b';
        case 'f': return '\f';
        case 'n': return '\n';
        case 'r': return '\r';
        case 't': return '\t';
        default: return kind;
    }
}

/// Whether a token of a JSON pointer names this key ("~1" is "/", "~0" is "~").
bool namesKey(std::string_view token, std::string_view key) noexcept {
    std::size_t k = 0;
    for (std::size_t t = 0; t < token.size(); ++t, ++k) {
        char c = token[t];
        if (c == '~' && t + 1 < token.size()) c = token[++t] == '1' ? '/' : '~';
        if (k >= key.size() || key[k] != c) return false;
    }
    return k == key.size();
}

const JsonNode* child(const JsonNode& node, std::string_view token) noexcept {
    if (node.is(JsonType::Object)) {
        const JsonNode* found = nullptr;
        for (const JsonNode* member = node.first(); member != nullptr; member = member->next())
            if (namesKey(token, member->key())) found = member;
        return found;
    }
    std::size_t index = 0;
    const char* end = token.end();
    const auto read = std::from_chars(token.begin(), end, index);
    const bool plain = read.ec == std::errc() && read.ptr == end && (token.front() != '0' || token.size() == 1);
    return node.is(JsonType::Array) && plain ? node.item(index) : nullptr;
}

}  // namespace

void appendUnescaped(std::string& out, std::string_view inside) {
    std::size_t at = 0;
    while (at < inside.size()) {
        const std::size_t escape = std::min(inside.find('\\', at), inside.size());
        out.append(inside, at, escape - at);
        at = escape + 1;
        if (at >= inside.size()) return;
        if (inside[at] == 'u')
            at = appendCodePoint(out, inside, at);
        else
            out += plainEscape(inside[at++]);
    }
}

std::string_view JsonNode::raw() const noexcept {
    return {document_->text_.data() + begin_, length_};
}

std::string_view JsonNode::str() const {
    if (!is(JsonType::String)) return {};
    const std::string_view inside = raw().substr(1, length_ - 2);
    if (!escaped_) return inside;
    if (count_ == 0) {
        std::string plain;
        plain.reserve(inside.size());
        appendUnescaped(plain, inside);
        count_ = document_->keep(std::move(plain)) + 1;
    }
    return *document_->unescaped_[count_ - 1];
}

double JsonNode::num(double fallback) const noexcept {
    if (!is(JsonType::Number)) return fallback;
    double value = 0;
    const std::string_view text = raw();
    const auto read = std::from_chars(text.begin(), text.end(), value);
    return read.ec == std::errc() ? value : fallback;
}

std::int64_t JsonNode::i64(std::int64_t fallback) const noexcept {
    if (!is(JsonType::Number)) return fallback;
    std::int64_t value = 0;
    const std::string_view text = raw();
    const char* end = text.end();
    const auto read = std::from_chars(text.begin(), end, value);
    if (read.ec == std::errc() && read.ptr == end) return value;
    constexpr double kExact = 9007199254740992.0;  // 2^53: beyond it a double is no longer the integer that was written
    const double real = num(NAN);
    return std::abs(real) <= kExact && std::trunc(real) == real ? static_cast<std::int64_t>(real) : fallback;
}

bool JsonNode::boolean(bool fallback) const noexcept {
    if (is(JsonType::True)) return true;
    return is(JsonType::False) ? false : fallback;
}

const JsonNode* JsonNode::item(std::size_t i) const noexcept {
    if (i >= size()) return nullptr;
    const auto self = static_cast<std::uint32_t>(this - document_->nodes_.get());
    JsonDocument::Cursor& cursor = document_->cursors_[depth_ % document_->cursors_.size()];
    if (cursor.child == 0 || cursor.parent != self || cursor.index > i)
        cursor = {.parent = self, .index = 0, .child = self + 1};
    const JsonNode* node = document_->nodes_.get() + cursor.child;
    for (; cursor.index < i; ++cursor.index) node = node->next();
    cursor.child = static_cast<std::uint32_t>(node - document_->nodes_.get());
    return node;
}

const JsonNode* JsonNode::find(std::string_view key) const noexcept {
    const JsonNode* found = nullptr;
    if (!is(JsonType::Object)) return found;
    for (const JsonNode* member = first(); member != nullptr; member = member->next())
        if (member->key() == key) found = member;
    return found;
}

const JsonNode* JsonNode::at(std::string_view pointer) const noexcept {
    const JsonNode* node = this;
    while (node != nullptr && !pointer.empty()) {
        if (pointer.front() != '/') return nullptr;
        pointer.remove_prefix(1);
        const std::string_view token = pointer.substr(0, pointer.find('/'));
        pointer.remove_prefix(token.size());
        node = child(*node, token);
    }
    return node;
}

std::string_view JsonNode::duplicateOf(std::initializer_list<std::string_view> keys) const noexcept {
    if (!is(JsonType::Object)) return {};
    for (const std::string_view key : keys) {
        std::size_t seen = 0;
        for (const JsonNode* member = first(); member != nullptr; member = member->next()) seen += member->key() == key;
        if (seen > 1) return key;
    }
    return {};
}

JsonDocument::JsonDocument(std::string text, JsonLimits limits) : text_(std::move(text)), cursors_{} {
    JsonParser(*this, limits).parse();
}

std::uint32_t JsonDocument::keep(std::string unescaped) const {
    unescaped_.push_back(std::make_unique<const std::string>(std::move(unescaped)));
    return static_cast<std::uint32_t>(unescaped_.size() - 1);
}

}  // namespace gw::protocol
