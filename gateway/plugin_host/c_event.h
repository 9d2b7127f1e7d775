#pragma once
#include <gwp/provider.h>

#include <exception>
#include <string_view>

#include "observability/metrics.h"
#include "plugin_host/abi_view.h"
#include "protocol/chat_event.h"

namespace gw::plugin_host {

/// Events on their way over the border: borrowed both ways, for the length of one call. [call]

[[nodiscard]] inline std::string_view textOf(gwp_str text) noexcept {
    return text.ptr == nullptr ? std::string_view() : std::string_view(text.ptr, text.len);
}
[[nodiscard]] inline gwp_str strOf(std::string_view text) noexcept {
    return {text.data(), text.size()};
}

/// A plugin's event in C++; kinds that are not known here stay what they are.
class IncomingEvent {
public:
    explicit IncomingEvent(const gwp_event& source) noexcept {
        const auto event = viewOf(&source);
        event_.kind = static_cast<protocol::EventKind>(event.kind);
        event_.choice = event.choice;
        event_.block = event.block;
        event_.text = textOf(event.text);
        event_.id = textOf(event.id);
        event_.name = textOf(event.name);
        event_.json = textOf(event.json);
        if (event.data.ptr != nullptr) event_.data = {reinterpret_cast<const char*>(event.data.ptr), event.data.len};
        if (event.usage == nullptr) return;
        const auto usage = viewOf(event.usage);
        usage_ = {usage.input, usage.output, usage.cached_read, usage.cached_write, usage.reasoning};
        event_.usage = &usage_;
    }
    IncomingEvent(const IncomingEvent&) = delete;
    IncomingEvent& operator=(const IncomingEvent&) = delete;
    [[nodiscard]] const protocol::ChatEvent& get() const noexcept { return event_; }
    /// Whether the kind is one of this ABI's.
    [[nodiscard]] bool known() const noexcept {
        const auto kind = static_cast<std::uint32_t>(event_.kind);
        return kind >= GWP_EV_START && kind <= GWP_EV_RAW;
    }

private:
    protocol::Usage usage_;
    protocol::ChatEvent event_;
};

/// Our event for a plugin.
class OutgoingEvent {
public:
    explicit OutgoingEvent(const protocol::ChatEvent& event) noexcept {
        event_.struct_size = sizeof event_;
        event_.kind = static_cast<std::uint32_t>(event.kind);
        event_.choice = event.choice;
        event_.block = event.block;
        event_.text = strOf(event.text);
        event_.id = strOf(event.id);
        event_.name = strOf(event.name);
        event_.json = strOf(event.json);
        event_.data = {reinterpret_cast<const std::uint8_t*>(event.data.data()), event.data.size()};
        if (event.usage == nullptr) return;
        usage_ = {sizeof usage_,
                  0,
                  event.usage->input,
                  event.usage->output,
                  event.usage->cached_read,
                  event.usage->cached_write,
                  event.usage->reasoning};
        event_.usage = &usage_;
    }
    OutgoingEvent(const OutgoingEvent&) = delete;
    OutgoingEvent& operator=(const OutgoingEvent&) = delete;
    [[nodiscard]] const gwp_event* get() const noexcept { return &event_; }

private:
    gwp_usage usage_{};
    gwp_event event_{};
};

/// An EventSink as the C ABI knows it; valid for the length of one call. An exception of ours (an answer that outgrew
/// its limit) is kept, since nothing is thrown over the border, and rethrown by rethrow().
class SinkBridge {
public:
    /// `unknown` counts kinds that are not of this ABI; null: nobody counts.
    explicit SinkBridge(protocol::EventSink& sink, observability::Metrics::Counter* unknown = nullptr) noexcept
        : sink_(sink), unknown_(unknown), table_{sizeof table_, 0, this, &SinkBridge::emit} {}
    SinkBridge(const SinkBridge&) = delete;
    SinkBridge& operator=(const SinkBridge&) = delete;
    [[nodiscard]] const gwp_event_sink* get() const noexcept { return &table_; }
    [[nodiscard]] const std::exception_ptr& caught() const noexcept { return caught_; }

private:
    static gwp_status emit(void* self, const gwp_event* event) noexcept {
        auto& bridge = *static_cast<SinkBridge*>(self);
        if (event == nullptr || bridge.caught_) return event == nullptr ? GWP_E_INVALID : GWP_E_CANCELLED;
        try {
            const IncomingEvent incoming(*event);
            if (incoming.known())
                bridge.sink_.onEvent(incoming.get());
            else if (bridge.unknown_ != nullptr)
                bridge.unknown_->add(1);
            return GWP_OK;
        } catch (...) {
            bridge.caught_ = std::current_exception();
            return GWP_E_CANCELLED;
        }
    }
    protocol::EventSink& sink_;
    observability::Metrics::Counter* unknown_;
    gwp_event_sink table_;
    std::exception_ptr caught_;
};

}  // namespace gw::plugin_host
