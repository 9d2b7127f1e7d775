#pragma once
#include <memory>
#include <string_view>

#include "auth/authenticator.h"
#include "auth/principal.h"
#include "http/request.h"
#include "io/task.h"

namespace gw::http {

/// What the client shows: `Authorization: Bearer …`, else x-api-key or api-key (SDKs of Anthropic and Azure). Empty:
/// nothing that is a credential. Borrowed from the request.
[[nodiscard]] std::string_view credentialOf(const Request& request) noexcept;

/// Who asks; notes the key for the access log. Throws Error(Unauthenticated, Unavailable).
[[nodiscard]] io::Task<std::shared_ptr<const auth::Principal>> authenticate(auth::Authenticator& authenticator,
                                                                            Request& request);

}  // namespace gw::http
