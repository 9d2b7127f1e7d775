#include "chat/generation.h"

#include "base/error.h"

namespace gw::chat {

std::string Generation::modelOf(const std::string& provider, const std::string& model) const {
    if (provider.empty()) return model.empty() ? default_model : model;
    if (!providers.contains(ProviderName(provider)))
        throw Error(ErrorCode::ModelNotFound, "there is no provider '" + provider + "'").withParam("ai_provider");
    if (!model.empty()) return provider + "/" + model;
    const auto first = router.firstModel(ProviderName(provider));
    if (!first)
        throw Error(ErrorCode::ModelNotFound, "the provider '" + provider + "' lists no model: name one")
            .withParam("model");
    return provider + "/" + first->str();
}

}  // namespace gw::chat
