#pragma once
#include "http/request.h"
#include "http/response.h"
#include "io/task.h"

namespace gw::http {

/// One route's work: HTTP in, meaning out, no rule of the business. Shared by all loops, hence stateless or [any]. Throws
/// Error; Connection::answer has the catch.
class Handler {
public:
    Handler() = default;
    Handler(const Handler&) = delete;
    Handler& operator=(const Handler&) = delete;
    virtual ~Handler() = default;
    [[nodiscard]] virtual io::Task<void> handle(Request& request, Response& response) = 0;
};

}  // namespace gw::http
