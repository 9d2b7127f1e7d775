#include "plugin_host/host_services.h"

#include <array>
#include <chrono>

#include "plugin_host/arena.h"
#include "plugin_host/error_slot.h"

#ifndef GATEWAY_VERSION
#define GATEWAY_VERSION "0.1.0"
#endif

namespace gw::plugin_host {

namespace {

struct Service {
    std::string_view id;
    std::string_view capability;
    const void* (*table)() noexcept;
    bool (*offered)(const HostParts&) noexcept;
};

template <auto Function>
const void* table() noexcept {
    return &Function();
}
bool always(const HostParts& /*parts*/) noexcept {
    return true;
}

constexpr std::array kServices = {
    Service{GWP_SVC_JSON, "", table<jsonService>, always},
    Service{GWP_SVC_LOG, "", table<logService>, always},
    Service{GWP_SVC_METRICS, "", table<metricsService>, always},
    Service{GWP_SVC_SECRETS, "", table<secretsService>, always},
    Service{GWP_SVC_TIMER, "", table<timerService>, always},
    Service{GWP_SVC_TASK, "", table<taskService>, always},
    Service{GWP_SVC_HTTP, "net", table<httpService>,
            [](const HostParts& parts) noexcept { return parts.outbound != nullptr; }},
    Service{GWP_SVC_KV, "kv", table<kvService>, [](const HostParts& parts) noexcept { return parts.kv != nullptr; }},
    Service{GWP_SVC_THREAD_CHECK, "", table<threadCheckService>,
            [](const HostParts& parts) noexcept { return parts.thread_check; }},
};

const Service* findService(std::string_view id) noexcept {
    for (const Service& service : kServices)
        if (service.id == id) return &service;
    return nullptr;
}

const void* getService(gwp_hctx* hc, gwp_str id) noexcept {
    if (hc == nullptr) return nullptr;
    const InstanceContext& context = InstanceContext::of(hc);
    const Service* service = findService(view(id));
    if (service == nullptr || !service->offered(context.host)) return nullptr;
    return service->capability.empty() || context.granted(service->capability) ? service->table() : nullptr;
}

// The parameters are the ABI's. NOLINTNEXTLINE(readability-function-size)
void errorSet(gwp_error* error, gwp_status code, std::uint32_t http_status, std::int64_t retry_after_ms, gwp_str type,
              gwp_str message) noexcept {
    if (error == nullptr) return;
    try {
        error->set(code, http_status, retry_after_ms, view(type), view(message));
    } catch (...) {  // no memory for the words: the status is there
        error->status = code;
    }
}

void* arenaAllocate(gwp_arena* arena, std::uint64_t size) noexcept {
    return arena != nullptr ? arena->allocate(size) : nullptr;
}

std::uint64_t nowUnixMillis(gwp_hctx* hc) noexcept {
    return static_cast<std::uint64_t>(toMicros(InstanceContext::of(hc).host.clock.wall()) / 1000);
}

std::uint64_t nowMonoNanos(gwp_hctx* hc) noexcept {
    const auto since = InstanceContext::of(hc).host.clock.mono().time_since_epoch();
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(since).count());
}

}  // namespace

const gwp_host& gwpHost() noexcept {
    static const gwp_host host = {
        sizeof(gwp_host), GWP_ABI_MINOR, GWP_S("ai-gateway"), GWP_S(GATEWAY_VERSION), getService,
        errorSet,         arenaAllocate, nowUnixMillis,       nowMonoNanos,
    };
    return host;
}

bool offersService(const HostParts& parts, std::string_view id) noexcept {
    const Service* service = findService(id);
    return service != nullptr && service->offered(parts);
}

std::string_view capabilityOf(std::string_view service) noexcept {
    const Service* found = findService(service);
    return found != nullptr ? found->capability : std::string_view();
}

}  // namespace gw::plugin_host
