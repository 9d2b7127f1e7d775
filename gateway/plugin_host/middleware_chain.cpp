#include "plugin_host/middleware_chain.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "observability/log.h"
#include "plugin_host/abi_view.h"
#include "plugin_host/chain_entry.h"
#include "plugin_host/entry_mark.h"
#include "plugin_host/host_services.h"
#include "plugin_host/instance_context.h"

namespace gw::plugin_host {

ChainEntry::ChainEntry(ChainLink its_link)
    : link(std::move(its_link)),
      table(viewOf(static_cast<const gwp_middleware*>(link.instance->interface(GWP_IF_MIDDLEWARE)))) {
    const auto& name = link.instance->name();
    if (table.struct_size == 0)
        throw Error(ErrorCode::PluginUnavailable, "the middleware '" + name + "' is not available",
                    "it offers no " GWP_IF_MIDDLEWARE);
    failures = &context().host.metrics.counter("gateway_middleware_failures_total",
                                               "Phases in which a middleware failed.", {{"instance", name}});
    if (table.wants == nullptr) return;
    const EntryMark mark(*link.instance, "wants", EntryMark::Pace::Blocking);
    const auto wants = table.wants(handle());
    if ((wants & GWP_MW_WANT_REQUEST) == 0) table.on_request = nullptr;
    if ((wants & GWP_MW_WANT_UPSTREAM) == 0) table.on_upstream = nullptr;
    if ((wants & GWP_MW_WANT_EVENTS) == 0) table.on_event = nullptr;
    if ((wants & GWP_MW_WANT_RESPONSE) == 0) table.on_response = nullptr;
    if ((wants & GWP_MW_WANT_ERROR) == 0) table.on_error = nullptr;
    if ((wants & GWP_MW_WANT_COMPLETE) == 0) table.on_complete = nullptr;
}

void ChainEntry::noteFailure(std::string_view phase, std::string_view words) const {
    failures->add(1);
    const auto now = context().host.clock.mono().time_since_epoch();
    const std::int64_t minute = std::chrono::duration_cast<std::chrono::minutes>(now).count();
    if (logged_at.exchange(minute, std::memory_order_relaxed) == minute) return;
    observability::log(observability::Level::Warn, "plugin_host", "a middleware failed",
                       {{"instance", link.instance->name()},
                        {"phase", phase},
                        {"on_failure", link.fail_open ? "open" : "closed"},
                        {"detail", words}});
}

MiddlewareChain::MiddlewareChain(std::vector<ChainLink> links, HoldLimits hold)
    : links_(std::move(links)), hold_(hold) {
    // Insertion sort: few links, links of one order keep theirs.
    for (auto link = links_.begin(); link != links_.end(); ++link) {
        const auto place =
            std::upper_bound(links_.begin(), link, link->order,
                             [](std::uint32_t order, const ChainLink& other) { return order < other.order; });
        std::rotate(place, link, link + 1);
    }
    entries_.reserve(links_.size());
    for (const auto& link : links_) entries_.push_back(std::make_unique<const ChainEntry>(link));
}

MiddlewareChain::~MiddlewareChain() = default;

bool MiddlewareChain::wantsEvents() const noexcept {
    return std::ranges::any_of(entries_, [](const auto& entry) {
        return entry->table.on_event != nullptr || entry->table.on_response != nullptr;
    });
}

bool MiddlewareChain::wantsResponse() const noexcept {
    return std::ranges::any_of(entries_, [](const auto& entry) { return entry->table.on_response != nullptr; });
}

}  // namespace gw::plugin_host
