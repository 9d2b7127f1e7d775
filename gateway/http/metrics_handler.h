#pragma once
#include <functional>
#include <string>

#include "auth/authenticator.h"
#include "http/handler.h"

namespace gw::http {

/// GET /metrics in Prometheus' text format: open on its own listener, with an operator's credential on the main one.
/// [any]
class MetricsHandler final : public Handler {
public:
    /// `authenticator` null: no credential is asked for.
    MetricsHandler(std::function<std::string()> text, auth::Authenticator* authenticator)
        : text_(std::move(text)), authenticator_(authenticator) {}
    [[nodiscard]] io::Task<void> handle(Request& request, Response& response) override;

private:
    std::function<std::string()> text_;
    auth::Authenticator* authenticator_;
};

}  // namespace gw::http
