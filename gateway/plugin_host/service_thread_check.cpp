#include "io/event_loop.h"
#include "plugin_host/host_services.h"

namespace gw::plugin_host {

namespace {

std::uint32_t isMain(gwp_hctx* hc) noexcept {
    return InstanceContext::of(hc).host.control.isCurrent() ? 1 : 0;
}

std::uint32_t isCall(gwp_hctx* hc, gwp_token owner) noexcept {
    const io::EventLoop* loop = InstanceContext::of(hc).host.tokens.loopOf(owner);
    return loop != nullptr && loop == io::EventLoop::current() ? 1 : 0;
}

std::uint32_t isWorker(gwp_hctx* hc) noexcept {
    return isMain(hc) == 0 && io::EventLoop::current() == nullptr ? 1 : 0;
}

}  // namespace

const gwp_svc_thread_check& threadCheckService() noexcept {
    static constexpr gwp_svc_thread_check kTable = {sizeof(gwp_svc_thread_check), 0, isMain, isCall, isWorker};
    return kTable;
}

}  // namespace gw::plugin_host
