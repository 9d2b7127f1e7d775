#include "admin/model_list.h"

namespace gw::admin {

std::vector<ListedModel> ModelList::models(const auth::Principal& by) const {
    std::vector<ListedModel> list;
    for (const auto& alias : serving_().aliases)
        if (by.mayUse(alias)) list.push_back({alias, "", 0});
    for (const auto& [provider, models] : catalog_.all())
        for (const auto& model : models) {
            const auto id = provider.str() + "/" + model.name.str();
            if (by.mayUse(id) || by.mayUse(model.name.str())) list.push_back({id, provider.str(), model.created});
        }
    return list;
}

std::vector<ListedProvider> ModelList::providers() const {
    auto list = serving_().providers;
    const auto models = catalog_.all();
    for (auto& provider : list) {
        const auto report = health_.report(ProviderName(provider.name), clock_.mono());
        provider.resting = report.resting;
        provider.failures = report.failures_in_a_row;
        provider.last_error = report.last_error;
        const auto known = models.find(ProviderName(provider.name));
        provider.models_known = known != models.end();
        provider.models = provider.models_known ? known->second.size() : 0;
    }
    return list;
}

}  // namespace gw::admin
