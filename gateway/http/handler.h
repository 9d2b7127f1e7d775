#pragma once
#include "http/request.h"
#include "http/response.h"
#include "io/task.h"

namespace gw::http {

/// One route's work: HTTP in, meaning out, no rule of the business. Shared by all loops, hence stateless or [any].
/// Throws Error; Connection::answer has the catch.
class Handler {
public:
    Handler() = default;
    Handler(const Handler&) = delete;
    Handler& operator=(const Handler&) = delete;
    virtual ~Handler() = default;
    /// Called with the head alone, before "100 Continue" is sent and a byte of the body is read: what can be refused
    /// now (no credential) costs its sender no upload. Throws Error to refuse.
    virtual void admit(const Request& /*head*/) const {}
    [[nodiscard]] virtual io::Task<void> handle(Request& request, Response& response) = 0;
};

}  // namespace gw::http
