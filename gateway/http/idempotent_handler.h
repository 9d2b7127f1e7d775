#pragma once
#include <string>

#include "auth/authenticator.h"
#include "http/handler.h"
#include "sessions/idempotency.h"

namespace gw::http {

/// Gives another handler's route `Idempotency-Key`: the same key, route and body of the same user run once and are
/// answered again from what is kept. A request without the header goes straight through. [any]
class IdempotentHandler final : public Handler {
public:
    enum class Keep : std::uint8_t {
        Plain,
        Sealed  // the answer holds a secret: only the credential that got it can read it again
    };
    /// All must outlive this.
    IdempotentHandler(Handler& inner, sessions::Idempotency& idempotency, auth::Authenticator& authenticator, Keep keep)
        : inner_(inner), idempotency_(idempotency), authenticator_(authenticator), keep_(keep) {}

    void admit(const Request& head) const override { inner_.admit(head); }
    [[nodiscard]] io::Task<void> handle(Request& request, Response& response) override;

private:
    class Recorder;
    [[nodiscard]] io::Task<void> handleOnce(std::string key, Request& request, Response& response);
    [[nodiscard]] io::Task<void> answerAgain(storage::StoredResponse answer, const std::string& credential,
                                             Response& response) const;

    Handler& inner_;
    sessions::Idempotency& idempotency_;
    auth::Authenticator& authenticator_;
    const Keep keep_;
};

}  // namespace gw::http
