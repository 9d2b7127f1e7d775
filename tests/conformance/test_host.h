#pragma once
#include <cstdint>
#include <gwp/gwp.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// What the ABI leaves to the host, in the smallest form that a plugin can run on. One thread.
struct gwp_error {
    gwp_status code = GWP_OK;
    std::uint32_t status = 0;
    std::int64_t retry_ms = 0;
    std::string type, text;
};
struct gwp_arena {
    std::vector<std::shared_ptr<const void>> kept;
};
struct gwp_hctx {
    gwp_arena arena;
};

namespace conformance {

/// 2026-11-25T12:00:00Z: the clock that plugins see stands still.
inline constexpr std::uint64_t kNowMs = 1'795'608'000'000ULL;

/// gwp.json/1 and gwp.secrets/1 (placeholders "<secret:name>"), and nothing else.
[[nodiscard]] const gwp_host& testHost();

/// Parses with gwp.json/1, for what stands in for the host's own parsing.
[[nodiscard]] const gwp_json* parseJson(gwp_arena& arena, std::string_view text);

/// A library of the build tree, loaded once and kept, and one instance of its only class.
class LoadedInstance {
public:
    LoadedInstance(const std::string& name, const std::string& config_json);
    ~LoadedInstance();
    LoadedInstance(const LoadedInstance&) = delete;
    LoadedInstance& operator=(const LoadedInstance&) = delete;

    /// The reason why create() refused; empty: it did not.
    [[nodiscard]] const std::string& refusal() const { return refusal_; }
    [[nodiscard]] gwp_instance* handle() const { return handle_; }
    template <class Table>
    [[nodiscard]] const Table& table(std::string_view interface_id) const {
        return *static_cast<const Table*>(class_->get_interface(handle_, gwp::str(interface_id)));
    }
    [[nodiscard]] gwp_hctx* context() { return &context_; }

private:
    const gwp_class* class_ = nullptr;
    gwp_hctx context_;
    gwp_instance* handle_ = nullptr;
    std::string refusal_;
};

/// Writes down the events it takes, one line each.
class EventLog {
public:
    EventLog() : sink_{sizeof(gwp_event_sink), 0, this, take} {}
    EventLog(const EventLog&) = delete;
    EventLog& operator=(const EventLog&) = delete;
    ~EventLog() = default;
    [[nodiscard]] const gwp_event_sink& sink() const { return sink_; }
    [[nodiscard]] const std::vector<std::string>& lines() const { return lines_; }
    [[nodiscard]] bool finished() const { return finished_; }

private:
    static gwp_status take(void* self, const gwp_event* event) noexcept;
    gwp_event_sink sink_;
    std::vector<std::string> lines_;
    bool finished_ = false;
};

}  // namespace conformance
