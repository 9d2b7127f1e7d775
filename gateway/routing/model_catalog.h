#pragma once
#include <map>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/strong_id.h"

namespace gw::routing {

/// One model as its provider describes it.
struct ModelEntry {
    ModelName name;
    std::string owner;         // "openai"; empty: unknown
    std::int64_t created = 0;  // seconds since the epoch; 0: unknown
};

/// Which provider offers which models: from the configuration, or asked of the provider from time to time. [any]
class ModelCatalog {
public:
    /// Replaces what was known of this provider.
    void set(const ProviderName& provider, std::vector<ModelEntry> models);
    /// Forgets providers that are not in `keep` (after a reload).
    void retain(const std::vector<ProviderName>& keep);
    /// Whether this provider's list has been learnt at all.
    [[nodiscard]] bool knows(const ProviderName& provider) const;
    /// The providers that list `model`, by name.
    [[nodiscard]] std::vector<ProviderName> servers(std::string_view model) const;
    [[nodiscard]] std::map<ProviderName, std::vector<ModelEntry>> all() const;

private:
    void rebuild();  // under the lock
    mutable std::shared_mutex mutex_;
    std::map<ProviderName, std::vector<ModelEntry>> models_;
    std::unordered_map<std::string, std::vector<ProviderName>> servers_;
};

}  // namespace gw::routing
