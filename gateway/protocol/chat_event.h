#pragma once
#include <cstdint>
#include <string_view>

#include "protocol/usage.h"

namespace gw::protocol {

/// What a provider's answer is made of (gwp/provider.h, GWP_EV_*). Numbers are the ABI's; unknown ones are counted and
/// ignored.
enum class EventKind : std::uint32_t {  // NOLINT(performance-enum-size): the ABI's width
    Start = 1,                          // id = the provider's response id, name = the model that answered
    Text = 2,                           // text = delta
    Reasoning = 3,                      // text = delta
    ToolStart = 4,                      // block, id = call id, name = tool
    ToolArgs = 5,                       // block, text = delta of the JSON arguments
    BlockEnd = 6,                       // block
    Finish = 7,                         // name = stop|length|tool_calls|content_filter|error|other
    Usage = 8,                          // usage; may come more than once, the last one counts
    Embedding = 9,                      // block = input index, json = array of numbers, or data = packed float32 LE
    Model = 10,                         // id, json = descriptor
    Warning = 11,                       // text
    Raw = 12,                           // name, json: provider-specific
};

/// One event. Everything is borrowed until the call that carries it returns.
struct ChatEvent {
    EventKind kind = EventKind::Raw;
    std::uint32_t choice = 0;
    std::uint32_t block = 0;
    // NOLINTNEXTLINE(readability-redundant-member-init): without it clang wants every member named where one is made
    std::string_view text{}, id{}, name{}, json{}, data{};
    const Usage* usage = nullptr;
};

/// Takes events one by one and copies what it keeps. Never waits. [loop]
class EventSink {
public:
    virtual ~EventSink() = default;
    virtual void onEvent(const ChatEvent& event) = 0;
};

}  // namespace gw::protocol
