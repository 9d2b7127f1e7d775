#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include "io/cancellation.h"
#include "io/signal.h"
#include "io/timer.h"
#include "plugin_host/outbound.h"
#include "upstream/curl_loop.h"
#include "upstream/head_reader.h"

namespace gw::upstream {

/// One request and its answer. Complete means complete by its framing; an answer that neither promises a length nor is
/// chunked ends with its connection, so that only the provider's own end mark shows whether it is whole. [loop]
class CurlTransfer final : public plugin_host::Transfer, TransferSink, io::Cancellation::Hook {
public:
    /// Endpoint and cancellation must outlive it.
    CurlTransfer(std::shared_ptr<CurlLoop> loop, const plugin_host::Endpoint& endpoint,
                 plugin_host::OutboundRequest request, io::Cancellation& cancellation);
    CurlTransfer(const CurlTransfer&) = delete;
    CurlTransfer& operator=(const CurlTransfer&) = delete;
    ~CurlTransfer() override;

    void start();
    [[nodiscard]] io::Task<plugin_host::HeadResult> head() override;
    [[nodiscard]] io::Task<plugin_host::ChunkResult> next() override;

private:
    using State = plugin_host::TransferState;
    enum class Phase : std::uint8_t { Connecting, AwaitingHead, Body };

    [[nodiscard]] bool onConnected(std::string_view address) override;
    [[nodiscard]] bool onHeaderLine(std::string_view line) override;
    [[nodiscard]] std::size_t onBody(std::string_view bytes) override;
    void onDone(CURLcode result) noexcept override;
    void onCancel(io::CancelReason reason) noexcept override;
    void onTimer() noexcept;

    [[nodiscard]] State stateOf(CURLcode result) const noexcept;
    void waitAtMost(std::chrono::milliseconds time);
    void finish(State state, std::string_view detail = {}) noexcept;
    /// Within a curl callback: the end comes with onDone.
    void doom(State state, std::string_view why) noexcept;
    void takeBuffered();

    std::shared_ptr<CurlLoop> loop_;
    const plugin_host::Endpoint& endpoint_;
    plugin_host::OutboundRequest request_;
    io::Cancellation& cancellation_;
    std::unique_ptr<EasyHandle> handle_;  // null: not running
    io::Signal changed_;
    io::Timer timer_;
    MonoTime total_due_;
    HeadReader head_;
    std::string incoming_;  // not yet asked for
    std::string handed_;    // with the consumer
    std::size_t received_ = 0;
    std::size_t uploaded_ = 0;  // when the first-byte timer began
    State state_ = State::Open;
    State doomed_ = State::Open;
    Phase phase_ = Phase::Connecting;
    bool paused_ = false;
    std::string detail_;
};

}  // namespace gw::upstream
