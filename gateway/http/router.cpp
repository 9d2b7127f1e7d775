#include "http/router.h"

#include <algorithm>

#include "base/error.h"
#include "http/target.h"

namespace gw::http {
namespace {

std::vector<std::string> splitPattern(std::string_view pattern) {
    std::vector<std::string> segments;
    while (!pattern.empty()) {
        pattern.remove_prefix(1);  // the slash
        const std::size_t slash = std::min(pattern.find('/'), pattern.size());
        segments.emplace_back(pattern.substr(0, slash));
        pattern.remove_prefix(slash);
    }
    return segments;
}

}  // namespace

const Router::Endpoint* Router::Route::endpoint(std::string_view method) const noexcept {
    const auto found =
        std::ranges::find(endpoints, method, [](const Endpoint& e) { return std::string_view(e.method); });
    if (found != endpoints.end()) return &*found;
    return method == "HEAD" ? endpoint("GET") : nullptr;
}

std::string Router::Route::methods() const {
    std::string list;
    for (const auto& each : endpoints) {
        list += each.method + ", ";
        if (each.method == "GET" && !std::ranges::any_of(endpoints, [](const auto& e) { return e.method == "HEAD"; }))
            list += "HEAD, ";
    }
    return list + "OPTIONS";
}

void Router::add(std::string_view method, std::string_view pattern, Handler& handler, Door door) {
    auto found =
        std::ranges::find(routes_, pattern, [](const auto& route) { return std::string_view(route->pattern); });
    if (found == routes_.end()) {
        routes_.push_back(std::make_unique<Route>(Route{std::string(pattern), splitPattern(pattern), {}}));
        found = std::prev(routes_.end());
        if (pattern.find('{') == std::string_view::npos)
            fixed_.emplace(pattern, found->get());
        else
            patterns_.push_back(found->get());
    }
    (*found)->endpoints.push_back({std::string(method), &handler, door});
}

bool Router::matches(const Route& route, std::string_view path, std::vector<std::string_view>& values) {
    values.clear();
    for (const std::string& segment : route.segments) {
        if (!path.starts_with('/')) return false;
        path.remove_prefix(1);
        const bool rest = segment.ends_with("*}");
        const auto value = path.substr(0, rest ? path.size() : path.find('/'));
        path.remove_prefix(value.size());
        if (segment.starts_with('{')) {
            if (value.empty()) return false;
            values.push_back(value);
        } else if (segment != value) {
            return false;
        }
    }
    return path.empty();
}

const Router::Route* Router::route(std::string_view path, std::vector<std::string_view>& values) const {
    if (const auto found = fixed_.find(path); found != fixed_.end()) return found->second;
    const auto match = std::ranges::find_if(patterns_, [&](const Route* each) { return matches(*each, path, values); });
    return match == patterns_.end() ? nullptr : *match;
}

Router::Match Router::find(Request& request) const {
    std::vector<std::string_view> values;
    const Route* const found = route(request.path, values);
    if (found == nullptr) throw Error(ErrorCode::NotFound, "there is nothing at this path");
    const Endpoint* const endpoint = found->endpoint(request.method);
    if (endpoint == nullptr)
        throw Error(ErrorCode::MethodNotAllowed, "this path does not take that method", found->methods());
    for (const auto value : values)
        if (!percentDecode(value, request.parameters.emplace_back()))
            throw Error(ErrorCode::InvalidRequest, "the path is malformed");
    return {endpoint->handler, endpoint->door, found->pattern};
}

std::string Router::allowed(std::string_view path) const {
    std::vector<std::string_view> values;
    const Route* const found = route(path, values);
    return found == nullptr ? std::string() : found->methods();
}

}  // namespace gw::http
