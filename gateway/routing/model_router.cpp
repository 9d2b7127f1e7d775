#include "routing/model_router.h"

#include <utility>

#include "base/error.h"

namespace gw::routing {

ModelRouter::ModelRouter(Aliases aliases, std::set<ProviderName> providers, const ModelCatalog& catalog)
    : aliases_(std::move(aliases)), providers_(std::move(providers)), catalog_(catalog) {}

std::vector<Target> ModelRouter::candidates(std::string_view model) const {
    if (const auto alias = aliases_.find(std::string(model)); alias != aliases_.end()) return alias->second;
    if (const auto slash = model.find('/'); slash != std::string_view::npos) {
        const ProviderName provider(model.substr(0, slash));
        if (providers_.contains(provider) && slash + 1 < model.size())
            return {{provider, ModelName(model.substr(slash + 1))}};
    }
    // A provider's own names may hold slashes too, so a full name is looked up before it is given up.
    const auto servers = catalog_.servers(model);
    if (servers.size() == 1) return {{servers.front(), ModelName(model)}};
    if (servers.size() > 1) {
        std::string names;
        for (const auto& server : servers)
            names += (names.empty() ? "" : ", ") + server.str() + "/" + std::string(model);
        throw Error(ErrorCode::ModelNotFound,
                    "the model '" + std::string(model) + "' is served by several providers, name one: " + names)
            .withParam("model");
    }
    throw Error(ErrorCode::ModelNotFound,
                "the model '" + std::string(model) + "' does not exist or you do not have access to it")
        .withParam("model");
}

std::optional<ModelName> ModelRouter::firstModel(const ProviderName& provider) const {
    const auto all = catalog_.all();
    const auto found = all.find(provider);
    if (found == all.end() || found->second.empty()) return std::nullopt;
    return found->second.front().name;
}

}  // namespace gw::routing
