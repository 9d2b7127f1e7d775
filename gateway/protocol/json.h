#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace gw::protocol {

enum class JsonType : std::uint32_t { Null = 0, False = 1, True = 2, Number = 3, String = 4, Array = 5, Object = 6 };

class JsonDocument;

/// One value of a parsed text; immutable, lives as long as its JsonDocument. A null pointer stands for "absent" and every
/// find/at on it is null too, so paths need no checks. [any, one thread at a time]
class JsonNode {
public:
    [[nodiscard]] JsonType type() const noexcept;
    [[nodiscard]] std::string_view raw() const noexcept;  // the source text of this value, byte for byte
    [[nodiscard]] std::string_view key() const noexcept;  // unescaped; empty unless a member of an object
    [[nodiscard]] std::string_view str() const;           // unescaped on first use; empty if not a string
    [[nodiscard]] double num(double fallback) const noexcept;
    [[nodiscard]] std::int64_t i64(std::int64_t fallback) const noexcept;  // fallback also when out of range
    [[nodiscard]] bool boolean(bool fallback) const noexcept;
    [[nodiscard]] std::size_t size() const noexcept;              // members or elements
    [[nodiscard]] const JsonNode* item(std::size_t i) const noexcept;
    [[nodiscard]] const JsonNode* find(std::string_view key) const noexcept;    // the last of equal keys
    [[nodiscard]] const JsonNode* at(std::string_view pointer) const noexcept;  // RFC 6901
    [[nodiscard]] const JsonNode* first() const noexcept;  // first child, or null
    [[nodiscard]] const JsonNode* next() const noexcept;   // next sibling, or null
    // Private members: the owner of this file chooses them.
};

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

/// A parsed, fully validated JSON text (RFC 8259): a flat array of nodes over the text, strings unescaped on demand, so a
/// 100 KB chat body costs about a pass over its bytes. Owns the text.
class JsonDocument {
public:
    /// Throws JsonError. A text with 64 bytes of spare capacity is not copied.
    explicit JsonDocument(std::string text, JsonLimits limits = {});
    [[nodiscard]] const JsonNode& root() const noexcept;
    [[nodiscard]] const std::string& text() const noexcept;
    // Not movable once nodes point into it.
};

}  // namespace gw::protocol
