#include "routing/provider_health.h"

#include <utility>

namespace gw::routing {

void ProviderHealth::succeeded(const ProviderName& provider) {
    const std::scoped_lock lock(mutex_);
    if (const auto entry = entries_.find(provider); entry != entries_.end()) {
        entry->second.failures = 0;
        entry->second.rests_until = {};
    }
}

void ProviderHealth::failed(const ProviderName& provider, std::string error, MonoTime now) {
    const std::scoped_lock lock(mutex_);
    auto& entry = entries_[provider];
    entry.last_error = std::move(error);
    if (++entry.failures >= options_.failures) entry.rests_until = now + options_.rest;
}

bool ProviderHealth::resting(const ProviderName& provider, MonoTime now) const {
    const std::scoped_lock lock(mutex_);
    const auto entry = entries_.find(provider);
    return entry != entries_.end() && entry->second.rests_until > now;
}

ProviderHealth::Report ProviderHealth::report(const ProviderName& provider, MonoTime now) const {
    const std::scoped_lock lock(mutex_);
    const auto entry = entries_.find(provider);
    if (entry == entries_.end()) return {};
    return {entry->second.rests_until > now, entry->second.failures, entry->second.last_error};
}

}  // namespace gw::routing
