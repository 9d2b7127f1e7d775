#pragma once
#include <string_view>

#include "http/request.h"

namespace gw::http {

/// What the client shows: `Authorization: Bearer …`, else x-api-key or api-key (SDKs of Anthropic and Azure). Empty:
/// nothing that is a credential. Borrowed from the request.
[[nodiscard]] std::string_view credentialOf(const Request& request) noexcept;

}  // namespace gw::http
