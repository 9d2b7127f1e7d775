#include "routing/model_catalog.h"

#include <algorithm>
#include <utility>

namespace gw::routing {

void ModelCatalog::set(const ProviderName& provider, std::vector<ModelEntry> models) {
    const std::unique_lock lock(mutex_);
    models_[provider] = std::move(models);
    rebuild();
}

void ModelCatalog::retain(const std::vector<ProviderName>& keep) {
    const std::unique_lock lock(mutex_);
    std::erase_if(models_, [&](const auto& entry) { return std::ranges::find(keep, entry.first) == keep.end(); });
    rebuild();
}

void ModelCatalog::rebuild() {
    servers_.clear();
    for (const auto& [provider, models] : models_)
        for (const auto& model : models) servers_[model.name.str()].push_back(provider);
}

bool ModelCatalog::knows(const ProviderName& provider) const {
    const std::shared_lock lock(mutex_);
    return models_.contains(provider);
}

std::vector<ProviderName> ModelCatalog::servers(std::string_view model) const {
    const std::shared_lock lock(mutex_);
    const auto found = servers_.find(std::string(model));
    return found == servers_.end() ? std::vector<ProviderName>{} : found->second;
}

std::map<ProviderName, std::vector<ModelEntry>> ModelCatalog::all() const {
    const std::shared_lock lock(mutex_);
    return models_;
}

}  // namespace gw::routing
