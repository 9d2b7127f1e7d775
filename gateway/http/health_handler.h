#pragma once
#include "admin/health.h"
#include "http/handler.h"

namespace gw::http {

/// GET /healthz: the process lives.
class LiveHandler final : public Handler {
public:
    [[nodiscard]] io::Task<void> handle(Request& request, Response& response) override;
};

/// GET /readyz: 200 while requests can be served (also degraded), else 503, with the state of each part.
class ReadyHandler final : public Handler {
public:
    explicit ReadyHandler(const admin::Health& health) : health_(health) {}
    [[nodiscard]] io::Task<void> handle(Request& request, Response& response) override;

private:
    const admin::Health& health_;
};

}  // namespace gw::http
