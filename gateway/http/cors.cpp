#include "http/cors.h"

#include <algorithm>
#include <string>

namespace gw::http {
namespace {

std::string joined(const std::vector<std::string>& names) {
    std::string list;
    for (const auto& name : names) list.append(list.empty() ? "" : ", ").append(name);
    return list;
}

bool isAnyOrigin(const CorsOptions& cors) noexcept {
    // Any origin with the user's credentials would hand every page the user's sessions.
    return !cors.credentials && std::ranges::count(cors.origins, "*") > 0;
}

bool isAllowed(const CorsOptions& cors, std::string_view origin) noexcept {
    if (origin.empty() || origin == "*") return false;
    return isAnyOrigin(cors) || std::ranges::count(cors.origins, origin) > 0;
}

}  // namespace

void allowOrigin(const CorsOptions& cors, const Request& request, Response& response) {
    if (cors.origins.empty()) return;
    const bool any = isAnyOrigin(cors);
    if (!any) response.setHeader("Vary", "Origin");
    const auto origin = request.header("origin");
    if (!isAllowed(cors, origin)) return;
    response.setHeader("Access-Control-Allow-Origin", any ? "*" : origin);
    if (cors.credentials) response.setHeader("Access-Control-Allow-Credentials", "true");
    if (!cors.exposed.empty()) response.setHeader("Access-Control-Expose-Headers", joined(cors.exposed));
}

bool isPreflight(const CorsOptions& cors, const Request& request) noexcept {
    return request.method == "OPTIONS" && isAllowed(cors, request.header("origin")) &&
           !request.header("access-control-request-method").empty();
}

void allowMethods(const CorsOptions& cors, const Request& request, Response& response) {
    if (!isPreflight(cors, request)) return;
    response.setHeader("Access-Control-Allow-Methods", joined(cors.methods));
    response.setHeader("Access-Control-Allow-Headers", joined(cors.headers));
    response.setHeader("Access-Control-Max-Age", std::to_string(cors.max_age.count()));
}

}  // namespace gw::http
