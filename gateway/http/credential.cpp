#include "http/credential.h"

#include "base/text.h"

namespace gw::http {

std::string_view credentialOf(const Request& request) noexcept {
    const auto authorization = request.header("authorization");
    constexpr std::string_view kBearer = "bearer ";
    if (authorization.size() > kBearer.size() && equalsIgnoreCase(authorization.substr(0, kBearer.size()), kBearer))
        return trimBlanks(authorization.substr(kBearer.size()));
    if (const auto key = request.header("x-api-key"); !key.empty()) return key;
    return request.header("api-key");
}

io::Task<std::shared_ptr<const auth::Principal>> authenticate(auth::Authenticator& authenticator, Request& request) {
    const auto credential = credentialOf(request);
    auto principal = authenticator.cached(credential);
    if (!principal) principal = co_await authenticator.authenticate(credential);
    request.access.key_prefix = principal->key_prefix;
    co_return principal;
}

}  // namespace gw::http
