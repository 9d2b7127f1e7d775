#pragma once
#include <string_view>

#include "http/options.h"
#include "http/request.h"
#include "http/response.h"

namespace gw::http {

/// Adds the CORS headers of an answer, if the request's origin is one of the operator's. [any]
void allowOrigin(const CorsOptions& cors, const Request& request, Response& response);

/// Whether a request is the question a browser asks before the real one. [any]
[[nodiscard]] bool isPreflight(const CorsOptions& cors, const Request& request) noexcept;

/// What a preflight's answer says beyond allowOrigin(). [any]
void allowMethods(const CorsOptions& cors, const Request& request, Response& response);

}  // namespace gw::http
