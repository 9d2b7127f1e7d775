#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/strong_id.h"
#include "observability/metrics.h"
#include "plugin_host/outbound.h"
#include "protocol/chat_event.h"
#include "protocol/frame_reader.h"
#include "protocol/json.h"

namespace gw::plugin_host {

class Instance;

// NOLINTNEXTLINE(performance-enum-size): the ABI's width
enum class Operation : std::uint32_t { Chat = 1, Embed = 2, Models = 3 };

/// What is asked of a provider; borrowed by the exchange until it is destroyed.
struct OperationRequest {
    Operation operation = Operation::Chat;
    bool stream = false;
    std::uint32_t attempt = 0;
    std::string_view request_id, trace_parent;
    std::string_view model;                           // the upstream's name, aliases resolved
    const protocol::JsonDocument* request = nullptr;  // null for Models
};

/// Why an operation failed, in the plugin's words (error_set) or the host's.
struct ProviderFailure {
    ErrorCode code = ErrorCode::UpstreamError;
    int upstream_status = 0;  // 0: none
    bool retryable = false;
    std::chrono::milliseconds retry_after{0};  // 0: the dispatcher's policy
    std::string provider_code;                 // the provider's own error code or type
    std::string message;                       // for the client
    std::string detail;                        // for the log
    [[nodiscard]] Error toError() const;
};

/// One operation on one provider instance: the C++ face of gwp_exchange. Calls never block; none throws. [loop]
class Exchange {
public:
    struct Data {
        std::optional<ProviderFailure> failure;
        bool reform = false;  // GWP_REFORM: the frame's bytes are not what FEAT_WIRE_* promises, use the events
    };
    struct End {
        std::optional<ProviderFailure> failure;
        bool again = false;  // build(step + 1) (or, without an upstream, onEnd) after `wait`
        std::chrono::milliseconds wait{0};
    };

    Exchange(const Exchange&) = delete;
    Exchange& operator=(const Exchange&) = delete;
    ~Exchange();  // close()

    /// A request that was not started means: no upstream, call onEnd at once.
    [[nodiscard]] std::optional<ProviderFailure> build(std::uint32_t step, OutboundRequest& out);
    [[nodiscard]] std::optional<ProviderFailure> onHead(const ResponseHead& head, protocol::Framing& framing);
    [[nodiscard]] Data onData(const protocol::Frame& frame, protocol::EventSink& sink);
    /// `why`: Done, or how the transfer failed.
    [[nodiscard]] End onEnd(TransferState why, protocol::EventSink& sink);

private:
    friend class Provider;
    struct State;
    explicit Exchange(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

namespace feature {  // GWP_FEAT_*
inline constexpr std::uint64_t kChat = 1ull << 0, kStream = 1ull << 1, kEmbed = 1ull << 2, kModels = 1ull << 3,
                               kTools = 1ull << 4, kImagesIn = 1ull << 5, kJsonSchema = 1ull << 6,
                               kWireOpenAiChat = 1ull << 32;
}  // namespace feature

/// One provider instance by its name: the C++ face of gwp_provider. Immutable after start. [any]
class Provider {
public:
    Provider(std::shared_ptr<Instance> instance, Endpoint endpoint);
    ~Provider();
    Provider(const Provider&) = delete;
    Provider& operator=(const Provider&) = delete;

    [[nodiscard]] const ProviderName& name() const noexcept;
    [[nodiscard]] const Endpoint& endpoint() const noexcept;
    [[nodiscard]] std::uint64_t features(std::string_view model) const;
    /// Throws Error(PluginUnavailable) or the plugin's own refusal. [loop]
    [[nodiscard]] std::unique_ptr<Exchange> open(const OperationRequest& request) const;
    /// Replaces the placeholders of gwp.secrets/1 in path and headers by the values; after middleware has seen it.
    void revealSecrets(OutboundRequest& request) const;

private:
    std::shared_ptr<Instance> instance_;
    Endpoint endpoint_;
    ProviderName name_;
    observability::Metrics::Counter* unknown_;  // events of a kind that is not of this ABI
};

}  // namespace gw::plugin_host
