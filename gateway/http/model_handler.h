#pragma once
#include "admin/model_list.h"
#include "auth/authenticator.h"
#include "http/authenticated_handler.h"

namespace gw::http {

/// GET /v1/models and /v1/models/{id}, as OpenAI shows them; GET /api/v1/models and /api/v1/providers. [any]
class ModelHandler final : public AuthenticatedHandler {
public:
    enum class Action : std::uint8_t { OpenAiList, OpenAiGet, List, Providers };
    ModelHandler(Action action, admin::ModelList& models, auth::Authenticator& authenticator)
        : action_(action), models_(models), authenticator_(authenticator) {}
    [[nodiscard]] io::Task<void> handle(Request& request, Response& response) override;

private:
    [[nodiscard]] std::string openAi(const auth::Principal& by, const Request& request) const;
    const Action action_;
    admin::ModelList& models_;
    auth::Authenticator& authenticator_;
};

}  // namespace gw::http
