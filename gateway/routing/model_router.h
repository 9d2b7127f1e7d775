#pragma once
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/strong_id.h"
#include "routing/model_catalog.h"

namespace gw::routing {

/// Who is to answer: a provider instance, and the model by the provider's own name.
struct Target {
    ProviderName provider;
    ModelName model;
};

/// Maps the model a client names to the targets that may serve it, best first. Built at start or reload and read-only
/// afterwards; only the catalog it looks into moves. [any]
class ModelRouter {
public:
    using Aliases = std::map<std::string, std::vector<Target>>;

    /// `catalog` must outlive the router.
    ModelRouter(Aliases aliases, std::set<ProviderName> providers, const ModelCatalog& catalog);

    /// An alias; else "provider/model"; else a bare name that exactly one provider lists. Throws Error(ModelNotFound);
    /// the list is never empty.
    [[nodiscard]] std::vector<Target> candidates(std::string_view model) const;
    /// The first model that a provider lists; nothing if its list is empty or not known.
    [[nodiscard]] std::optional<ModelName> firstModel(const ProviderName& provider) const;
    [[nodiscard]] const Aliases& aliases() const noexcept { return aliases_; }

private:
    Aliases aliases_;
    std::set<ProviderName> providers_;
    const ModelCatalog& catalog_;
};

}  // namespace gw::routing
