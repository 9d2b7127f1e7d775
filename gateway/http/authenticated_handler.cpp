#include "http/authenticated_handler.h"

#include "base/error.h"
#include "http/credential.h"

namespace gw::http {

void AuthenticatedHandler::admit(const Request& head) const {
    if (credentialOf(head).empty())
        throw Error(ErrorCode::Unauthenticated, "an API key is required: Authorization: Bearer …");
}

}  // namespace gw::http
