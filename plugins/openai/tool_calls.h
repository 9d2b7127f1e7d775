#pragma once
#include <cstdint>
#include <string_view>

#include "json_value.h"

namespace openai {

/// One tool call of one choice.
struct ToolCall {
    std::uint32_t block = 0;       // its place among the calls of the choice
    std::int64_t wire_index = -1;  // as the upstream numbers it; -1: it does not
    std::string_view id, name;     // in the exchange's arena
    bool begun = false, has_args = false;
    ToolCall* next = nullptr;
};

/// What a fragment says of the call it belongs to.
struct ToolFragment {
    std::int64_t index = -1;
    std::string_view id, name;
    bool first_in_chunk = true;
};

/// Which call a fragment belongs to. Upstreams number calls from 0, from 1, with holes, all alike or not at all, and
/// repeat ids and names or leave them out; blocks come out from 0 without holes. [call]
class ToolCalls {
public:
    /// Finds the call or begins a new one.
    ToolCall& resolve(gwp_arena* arena, const ToolFragment& fragment);
    [[nodiscard]] ToolCall* first() const { return first_; }
    [[nodiscard]] bool empty() const { return first_ == nullptr; }

private:
    [[nodiscard]] ToolCall* find(const ToolFragment& fragment) const;
    [[nodiscard]] ToolCall* findByIndex(const ToolFragment& fragment) const;
    [[nodiscard]] ToolCall* findById(std::string_view id) const;

    ToolCall* first_ = nullptr;
    ToolCall* last_ = nullptr;
};

}  // namespace openai
