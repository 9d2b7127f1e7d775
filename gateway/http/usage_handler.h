#pragma once
#include "admin/usage_report.h"
#include "auth/authenticator.h"
#include "base/clock.h"
#include "http/authenticated_handler.h"

namespace gw::http {

/// GET /api/v1/usage?from&to&group_by=day,model,provider,key: one's own usage. [any]
class UsageHandler final : public AuthenticatedHandler {
public:
    UsageHandler(admin::UsageReport& report, const Clock& clock, auth::Authenticator& authenticator)
        : report_(report), clock_(clock), authenticator_(authenticator) {}
    [[nodiscard]] io::Task<void> handle(Request& request, Response& response) override;

private:
    admin::UsageReport& report_;
    const Clock& clock_;
    auth::Authenticator& authenticator_;
};

}  // namespace gw::http
