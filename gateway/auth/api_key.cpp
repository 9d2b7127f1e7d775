#include "auth/api_key.h"

#include "auth/digest.h"
#include "base/ids.h"

namespace gw::auth {

Secret newApiKey() {
    return Secret("sk-" + randomToken(48));
}

std::string keyHash(std::string_view key) {
    return sha256Hex({key});
}

std::string keyPrefix(std::string_view key) {
    return std::string(key.substr(0, 7));
}

}  // namespace gw::auth
