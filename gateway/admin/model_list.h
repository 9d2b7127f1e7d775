#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "auth/principal.h"
#include "base/clock.h"
#include "routing/model_catalog.h"
#include "routing/provider_health.h"

namespace gw::admin {

struct ListedModel {
    std::string id;        // as clients write it: "provider/model" or an alias
    std::string provider;  // empty: an alias of several
    std::int64_t created = 0;
};

struct ListedProvider {
    std::string name, class_name;
    bool available = false;  // its plugin is loaded and started
    bool resting = false;
    int failures = 0;
    std::string last_error;
    std::size_t models = 0;
    bool models_known = false;
};

/// What is configured and, for models, allowed to a credential. [any]
class ModelList {
public:
    /// What the current generation serves: names of its providers with class and base URL, and its aliases.
    struct Serving {
        std::vector<ListedProvider> providers;
        std::vector<std::string> aliases;
    };
    ModelList(const routing::ModelCatalog& catalog, const routing::ProviderHealth& health, const Clock& clock,
              std::function<Serving()> serving)
        : catalog_(catalog), health_(health), clock_(clock), serving_(std::move(serving)) {}

    [[nodiscard]] std::vector<ListedModel> models(const auth::Principal& by) const;
    [[nodiscard]] std::vector<ListedProvider> providers() const;

private:
    const routing::ModelCatalog& catalog_;
    const routing::ProviderHealth& health_;
    const Clock& clock_;
    std::function<Serving()> serving_;
};

}  // namespace gw::admin
