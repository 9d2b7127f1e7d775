#pragma once
#include "http/handler.h"

namespace gw::http {

/// A route that answers nobody without a credential: a request that shows none is refused by its head, before its body
/// is read. [any]
class AuthenticatedHandler : public Handler {
public:
    void admit(const Request& head) const override;
};

}  // namespace gw::http
