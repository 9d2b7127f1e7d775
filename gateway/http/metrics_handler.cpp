#include "http/metrics_handler.h"

#include "http/credential.h"

namespace gw::http {

io::Task<void> MetricsHandler::handle(Request& request, Response& response) {
    if (authenticator_ != nullptr) {
        const auto by = co_await authenticate(*authenticator_, request);
        by->requireRole(auth::Role::Operator);
    }
    const auto body = text_();
    co_await response.send(200, "text/plain; version=0.0.4; charset=utf-8", body);
}

}  // namespace gw::http
