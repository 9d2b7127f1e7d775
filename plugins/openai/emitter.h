#pragma once
#include <gwp/gwp.hpp>
#include <string_view>

namespace openai {

/// gwp::events with the kinds that only this plugin emits; empty deltas are no events. [call]
class Emitter {
public:
    explicit Emitter(gwp::events events) : events_(events) {}

    void start(std::string_view id, std::string_view model) { events_.start(id, model); }
    void text(std::uint32_t choice, std::string_view delta) {
        if (!delta.empty()) events_.text(delta, choice);
    }
    void reasoning(std::uint32_t choice, std::string_view delta) {
        if (!delta.empty()) events_.reasoning(delta, choice);
    }
    void toolStart(std::uint32_t choice, std::uint32_t block, std::string_view id, std::string_view name) {
        events_.tool_start(block, id, name, choice);
    }
    void toolArgs(std::uint32_t choice, std::uint32_t block, std::string_view delta) {
        events_.tool_args(block, delta, choice);
    }
    void finish(std::uint32_t choice, std::string_view reason) { events_.finish(reason, choice); }
    void usage(const gwp_usage& usage) {
        gwp_event event = gwp::event(GWP_EV_USAGE);
        event.usage = &usage;
        events_.emit(event);
    }
    /// One of the two is empty: the vector as a JSON array, or as packed float32.
    void embedding(std::uint32_t index, std::string_view json, std::string_view packed) {
        gwp_event event = gwp::event(GWP_EV_EMBEDDING);
        event.block = index;
        event.json = gwp::str(json);
        event.data = gwp::bytes(packed);
        events_.emit(event);
    }
    void model(std::string_view id, std::string_view json) {
        gwp_event event = gwp::event(GWP_EV_MODEL);
        event.id = gwp::str(id);
        event.json = gwp::str(json);
        events_.emit(event);
    }
    /// A part of the answer that has no canonical form.
    void raw(std::uint32_t choice, std::string_view name, std::string_view json) {
        gwp_event event = gwp::event(GWP_EV_RAW);
        event.choice = choice;
        event.name = gwp::str(name);
        event.json = gwp::str(json);
        events_.emit(event);
    }

private:
    gwp::events events_;  // a client that left is the host's business, so what emit() returns is not asked
};

}  // namespace openai
