#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace gw::protocol {

// NOLINTNEXTLINE(performance-enum-size): the ABI's width
enum class JsonType : std::uint32_t { Null = 0, False = 1, True = 2, Number = 3, String = 4, Array = 5, Object = 6 };

class JsonDocument;

/// One value of a parsed text; immutable, lives as long as its JsonDocument. A null pointer stands for "absent": the
/// free functions below (find, at, str, ...) take one, so that paths need no checks. [any, one thread at a time]
class JsonNode {
public:
    [[nodiscard]] JsonType type() const noexcept { return static_cast<JsonType>(type_); }
    [[nodiscard]] bool is(JsonType type) const noexcept { return this->type() == type; }
    [[nodiscard]] std::string_view raw() const noexcept;  // the source text of this value, byte for byte
    [[nodiscard]] std::string_view key() const noexcept {
        return {key_, key_length_};
    }  // unescaped; empty unless a member
    [[nodiscard]] std::string_view str() const;  // unescaped on first use; empty if not a string
    /// Lone surrogates of escapes come out as U+FFFD. `fallback` also when out of range.
    [[nodiscard]] double num(double fallback) const noexcept;
    [[nodiscard]] std::int64_t i64(std::int64_t fallback) const noexcept;  // 1.0 and 1e3 are integers too
    [[nodiscard]] bool boolean(bool fallback) const noexcept;
    [[nodiscard]] std::size_t size() const noexcept {
        return is(JsonType::String) ? 0 : count_;
    }  // members or elements
    [[nodiscard]] const JsonNode* item(std::size_t i) const noexcept;           // O(1) when asked in order
    [[nodiscard]] const JsonNode* find(std::string_view key) const noexcept;    // the last of equal keys
    [[nodiscard]] const JsonNode* at(std::string_view pointer) const noexcept;  // RFC 6901
    [[nodiscard]] const JsonNode* first() const noexcept { return size() > 0 ? this + 1 : nullptr; }
    [[nodiscard]] const JsonNode* next() const noexcept { return next_ > 0 ? this + next_ : nullptr; }
    /// The first of `keys` that this object holds more than once; empty: none.
    [[nodiscard]] std::string_view duplicateOf(std::initializer_list<std::string_view> keys) const noexcept;

private:
    friend class JsonDocument;
    friend class JsonParser;

    // Left uninitialised: JsonParser fills every one, and an array of them is made without touching its memory.
    const JsonDocument* document_;
    const char* key_;
    std::uint32_t begin_, length_;  // of raw(), in the text
    std::uint32_t key_length_;
    std::uint32_t next_;  // nodes from here to the next sibling; 0: the last
    mutable std::uint32_t
        count_;  // children; of a string with escapes: 1 + its place among the unescaped, once it has one
    std::uint16_t depth_;
    std::uint8_t type_;
    bool escaped_;
};

/// What a path over values that may be absent reads.
[[nodiscard]] inline const JsonNode* find(const JsonNode* node, std::string_view key) noexcept {
    return node != nullptr ? node->find(key) : nullptr;
}
[[nodiscard]] inline const JsonNode* at(const JsonNode* node, std::string_view pointer) noexcept {
    return node != nullptr ? node->at(pointer) : nullptr;
}
[[nodiscard]] inline std::string_view str(const JsonNode* node) {
    return node != nullptr ? node->str() : std::string_view();
}
[[nodiscard]] inline std::int64_t i64(const JsonNode* node, std::int64_t fallback) noexcept {
    return node != nullptr ? node->i64(fallback) : fallback;
}
[[nodiscard]] inline bool boolean(const JsonNode* node, bool fallback) noexcept {
    return node != nullptr ? node->boolean(fallback) : fallback;
}
/// Whether there is a value of this type.
[[nodiscard]] inline bool is(const JsonNode* node, JsonType type) noexcept {
    return node != nullptr && node->is(type);
}
/// Whether there is a value other than null.
[[nodiscard]] inline bool given(const JsonNode* node) noexcept {
    return node != nullptr && !node->is(JsonType::Null);
}

struct JsonLimits {
    std::size_t depth = 64;
    std::size_t nodes = 2'000'000;
};

/// Malformed text; what() names the reason and offset() the place.
class JsonError : public std::runtime_error {
public:
    JsonError(const std::string& reason, std::size_t offset) : std::runtime_error(reason), offset_(offset) {}
    [[nodiscard]] std::size_t offset() const noexcept { return offset_; }

private:
    std::size_t offset_;
};

/// A parsed, fully validated JSON text (RFC 8259): a flat array of nodes over the text, strings unescaped on demand: a
/// 100 KB chat body costs about 33 us, a streamed chunk 0.3 us. Owns the text; strings it has unescaped stay until it
/// goes.
class JsonDocument {
public:
    /// Throws JsonError. The text is moved, never copied.
    explicit JsonDocument(std::string text, JsonLimits limits = {});
    ~JsonDocument() = default;
    JsonDocument(const JsonDocument&) = delete;
    JsonDocument& operator=(const JsonDocument&) = delete;
    JsonDocument(JsonDocument&&) = delete;  // nodes point into it
    JsonDocument& operator=(JsonDocument&&) = delete;

    [[nodiscard]] const JsonNode& root() const noexcept { return nodes_[0]; }
    [[nodiscard]] const std::string& text() const noexcept { return text_; }

private:
    friend class JsonNode;
    friend class JsonParser;

    /// Where item() stood last in the container `parent`, so that a loop over item(i) is not quadratic.
    struct Cursor {
        std::uint32_t parent = 0, index = 0, child = 0;  // child 0: nowhere
    };

    std::uint32_t keep(std::string unescaped) const;

    std::string text_;
    // NOLINTNEXTLINE(modernize-avoid-c-arrays): its size is known at run time, and never asked
    std::unique_ptr<JsonNode[]> nodes_;
    mutable std::vector<std::unique_ptr<const std::string>> unescaped_;
    mutable std::array<Cursor, 8> cursors_;  // one per depth, so that nested loops do not disturb each other
};

}  // namespace gw::protocol
