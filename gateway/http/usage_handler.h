#pragma once
#include "auth/authenticator.h"
#include "base/clock.h"
#include "http/authenticated_handler.h"
#include "storage/store.h"

namespace gw::http {

/// GET /api/v1/usage?from&to&group_by=day,model,provider,key: one's own usage. [any]
class UsageHandler final : public AuthenticatedHandler {
public:
    UsageHandler(storage::Store& store, const Clock& clock, auth::Authenticator& authenticator)
        : store_(store), clock_(clock), authenticator_(authenticator) {}
    [[nodiscard]] io::Task<void> handle(Request& request, Response& response) override;

private:
    storage::Store& store_;
    const Clock& clock_;
    auth::Authenticator& authenticator_;
};

}  // namespace gw::http
