#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/json.h"

namespace gw::protocol {

/// Appends the characters that the inside of a valid JSON string stands for. A lone surrogate becomes U+FFFD. [any]
void appendUnescaped(std::string& out, std::string_view inside);

/// One pass over the marks that simdjson's first stage leaves (where each token starts; UTF-8, quotes and control
/// characters checked), into JsonDocument's nodes. One per parse; its buffers are the thread's. [any]
class JsonParser {
public:
    JsonParser(JsonDocument& document, JsonLimits limits)
        : document_(document), text_(document.text()), limits_(limits) {}
    /// Throws JsonError.
    void parse();

    struct Open {
        std::uint32_t node;   // the container
        std::uint32_t child;  // its last child so far; 0: none yet
    };

private:
    void scan();
    void step();
    void member(Open& parent);
    void value(std::string_view key);
    void open(JsonNode& node);
    void close();
    void scalar(JsonNode& node, std::size_t begin, std::size_t end);
    [[nodiscard]] bool checkString(std::size_t begin, std::size_t end) const;
    std::string_view takeKey();
    void expect(char wanted, const char* reason);
    [[nodiscard]] char peek() const;
    [[nodiscard]] std::size_t place() const;
    [[nodiscard]] std::size_t tokenEnd() const;

    JsonDocument& document_;
    std::string_view text_;
    JsonLimits limits_;
    const std::uint32_t* marks_ = nullptr;
    std::size_t mark_ = 0, mark_count_ = 0;
    JsonNode* nodes_ = nullptr;  // the thread's, with room for one per mark
    std::size_t count_ = 0;
    std::vector<Open>* open_ = nullptr;
};

}  // namespace gw::protocol
