#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/handler.h"

namespace gw::http {

/// Method + path pattern -> handler. Patterns: "/api/v1/sessions/{id}/messages"; a {name} matches one segment (decoded into
/// Request::parameters, %2F included). Filled at start, read-only afterwards. [any]
class Router {
public:
    /// `name` is the route as logs and metrics show it. Does not own the handler.
    void add(std::string_view method, std::string_view pattern, Handler& handler, Door door);
    struct Match {
        Handler* handler;
        Door door;
        std::string_view route;  // the pattern
    };
    /// Fills request.parameters. Throws Error(NotFound) or Error(MethodNotAllowed) (the allowed methods are its detail, for
    /// the Allow header). HEAD falls back to GET.
    [[nodiscard]] Match find(Request& request) const;
    /// Methods of a path, for OPTIONS and Allow; empty: no such path.
    [[nodiscard]] std::string allowed(std::string_view path) const;

private:
    // The owner of this file chooses the members.
};

}  // namespace gw::http
