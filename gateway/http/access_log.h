#pragma once
#include <string>

#include "base/clock.h"
#include "http/request.h"

namespace gw::http {

/// One request as a JSON object, without its end of line. Never a query string, a body or a whole key. [any]
[[nodiscard]] std::string encodeAccess(const Request& request, WallTime now);

/// Writes that line to the log. [any]
void writeAccess(const Request& request);

}  // namespace gw::http
