#pragma once
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "http/handler.h"

namespace gw::http {

/// Method + path pattern -> handler. Patterns: "/api/v1/sessions/{id}/messages"; a {name} matches one segment that is
/// not empty (decoded into Request::parameters, %2F included), a last {name*} one or more. A path without {…} wins over
/// one with. Filled at start, read-only afterwards. [any]
class Router {
public:
    /// The pattern is the route as logs and metrics show it. Does not own the handler.
    void add(std::string_view method, std::string_view pattern, Handler& handler, Door door);
    struct Match {
        Handler* handler;
        Door door;
        std::string_view route;  // the pattern
    };
    /// Fills request.parameters. Throws Error(NotFound) or Error(MethodNotAllowed) (the allowed methods are its detail,
    /// for the Allow header). HEAD falls back to GET.
    [[nodiscard]] Match find(Request& request) const;
    /// Methods of a path, for OPTIONS and Allow; empty: no such path.
    [[nodiscard]] std::string allowed(std::string_view path) const;

private:
    struct Endpoint {
        std::string method;
        Handler* handler;
        Door door;
    };
    struct Route {
        std::string pattern;
        std::vector<std::string> segments;
        std::vector<Endpoint> endpoints;

        [[nodiscard]] const Endpoint* endpoint(std::string_view method) const noexcept;
        [[nodiscard]] std::string methods() const;
    };
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view path) const noexcept { return std::hash<std::string_view>{}(path); }
    };

    [[nodiscard]] const Route* route(std::string_view path, std::vector<std::string_view>& values) const;
    [[nodiscard]] static bool matches(const Route& route, std::string_view path, std::vector<std::string_view>& values);

    std::vector<std::unique_ptr<Route>> routes_;
    std::unordered_map<std::string, Route*, Hash, std::equal_to<>> fixed_;
    std::vector<Route*> patterns_;
};

}  // namespace gw::http
