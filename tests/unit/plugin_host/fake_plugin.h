#pragma once
#include <gwp/middleware.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "io/event_loop.h"
#include "plugin_host/error_slot.h"
#include "plugin_host/host_services.h"
#include "protocol/owned_event.h"

namespace gw::plugin_host {

/// Time that a test moves.
class FakeClock final : public Clock {
public:
    [[nodiscard]] MonoTime mono() const override { return now_; }
    [[nodiscard]] WallTime wall() const override { return {}; }
    void advance(std::chrono::nanoseconds by) { now_ += by; }

private:
    MonoTime now_{std::chrono::hours(1)};
};

/// What stands behind the instances of a test; all real but the clock.
struct FakeHost {
    FakeClock clock;
    observability::Metrics metrics;
    ControlThread control;
    io::WorkerPool workers{1, 16};
    OwnerTokens tokens;
    HostParts parts{clock, metrics, control, workers, tokens};
};

/// An instance whose tables are the test's own.
class FakeInstance final : public Instance {
public:
    FakeInstance(const FakeHost& host, std::string name, std::map<std::string, const void*, std::less<>> tables,
                 void* handle)
        : context_(host.parts), tables_(std::move(tables)), handle_(handle) {
        context_.name = std::move(name);
        context_.library = "fake.so";
    }
    [[nodiscard]] const std::string& name() const noexcept override { return context_.name; }
    [[nodiscard]] const std::string& className() const noexcept override { return context_.library; }
    [[nodiscard]] const void* interface(std::string_view id) const noexcept override {
        const auto table = tables_.find(id);
        return table == tables_.end() ? nullptr : table->second;
    }
    [[nodiscard]] void* handle() const noexcept override { return handle_; }
    [[nodiscard]] InstanceContext& context() const noexcept override { return context_; }

private:
    mutable InstanceContext context_;
    std::map<std::string, const void*, std::less<>> tables_;
    void* handle_;
};

/// Keeps what it is shown; text events joined by '|' in words().
class EventLog final : public protocol::EventSink {
public:
    void onEvent(const protocol::ChatEvent& event) override { events.emplace_back(event); }
    [[nodiscard]] std::string words() const {
        std::string all;
        for (const auto& event : events) {
            if (!all.empty()) all += '|';
            all += event.view().text;
        }
        return all;
    }
    std::vector<protocol::OwnedEvent> events;
};

[[nodiscard]] inline gwp_event textEvent(std::string_view text, std::uint32_t kind = GWP_EV_TEXT) {
    gwp_event event{};
    event.struct_size = sizeof event;
    event.kind = kind;
    event.text = abi(text);
    return event;
}

/// Runs one coroutine to its end on a loop of its own.
inline void runOn(io::EventLoop& loop, io::Task<void> task) {
    struct Ending {
        static io::Task<void> run(io::EventLoop& loop, io::Task<void> task) {
            co_await std::move(task);
            loop.stop();
        }
    };
    loop.spawn(Ending::run(loop, std::move(task)));
    loop.run();
}

}  // namespace gw::plugin_host
