#include "upstream/upstream_client.h"

#include <utility>

#include "upstream/curl_loop.h"
#include "upstream/curl_transfer.h"

namespace gw::upstream {

UpstreamClient::UpstreamClient(io::EventLoop& loop, const UpstreamOptions& options)
    : loop_(std::make_shared<CurlLoop>(loop, options)) {}

UpstreamClient::~UpstreamClient() = default;

std::unique_ptr<plugin_host::Transfer> UpstreamClient::start(const plugin_host::Endpoint& endpoint,
                                                             plugin_host::OutboundRequest request,
                                                             io::Cancellation& cancellation) {
    auto transfer = std::make_unique<CurlTransfer>(loop_, endpoint, std::move(request), cancellation);
    transfer->start();
    return transfer;
}

std::uint64_t UpstreamClient::connectionsOpened() const noexcept {
    return loop_->connectionsOpened();
}

std::size_t UpstreamClient::openTransfers() const noexcept {
    return loop_->openTransfers();
}

}  // namespace gw::upstream
