#pragma once
#include <cstdint>
#include <memory>

#include "io/event_loop.h"
#include "plugin_host/outbound.h"
#include "upstream/options.h"

namespace gw::upstream {

class CurlLoop;

/// The gateway's way out, one per event loop and before its end. A CurlGlobal must stand. Transfers may outlive the
/// client, but not the event loop. [loop]
class UpstreamClient final : public plugin_host::Outbound {
public:
    explicit UpstreamClient(io::EventLoop& loop, const UpstreamOptions& options = {});
    UpstreamClient(const UpstreamClient&) = delete;
    UpstreamClient& operator=(const UpstreamClient&) = delete;
    ~UpstreamClient() override;

    [[nodiscard]] std::unique_ptr<plugin_host::Transfer> start(const plugin_host::Endpoint& endpoint,
                                                               plugin_host::OutboundRequest request,
                                                               io::Cancellation& cancellation) override;

    /// Connections opened since the start, and transfers in progress.
    [[nodiscard]] std::uint64_t connectionsOpened() const noexcept;
    [[nodiscard]] std::size_t openTransfers() const noexcept;

private:
    std::shared_ptr<CurlLoop> loop_;  // shared with the transfers
};

}  // namespace gw::upstream
