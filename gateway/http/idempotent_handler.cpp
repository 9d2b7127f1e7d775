#include "http/idempotent_handler.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "auth/digest.h"
#include "auth/sealed_text.h"
#include "http/credential.h"
#include "http/error_codec.h"

namespace gw::http {
namespace {

constexpr const char* kHeader = "Idempotency-Key";
constexpr std::size_t kLongestKey = 255;
constexpr std::string_view kEventStream = "text/event-stream";
/// A kept stream is sent again in bursts of this size.
constexpr std::size_t kBurst = 64UL * 1024;

const std::string* idempotencyKeyOf(const Request& request) noexcept {
    for (const auto& [name, value] : request.headers)
        if (name == "idempotency-key") return &value;
    return nullptr;
}

void check(const std::string& key) {
    const bool printable = std::ranges::all_of(key, [](char c) { return c >= ' ' && c <= '~'; });
    if (!key.empty() && key.size() <= kLongestKey && printable) return;
    throw Error(ErrorCode::InvalidRequest, "Idempotency-Key must be 1 to 255 printable ASCII characters")
        .withParam(kHeader);
}

/// What must be the same for an answer to be given again. With the rights of the asking key, so that a key of the same
/// user that may do less does not read what it could not have asked for.
std::string fingerprintOf(const Request& request, const auth::Principal& by) {
    std::string rights;
    for (const auto& scope : auth::scopeNames(by.scopes)) rights += scope + " ";
    if (by.models)
        for (const auto& model : *by.models) rights += "\n" + model;
    return auth::sha256Hex({request.path, "\n", request.query, "\n", rights, "\n\n", request.body});
}

/// Whether an answer of that status ends the matter. What may go otherwise next time, without a change of the request,
/// does not: the key is free for another try.
bool isFinal(int status) noexcept {
    return status >= 200 && status < 500 && status != 401 && status != 403 && status != 408 && status != 409 &&
           status != 429;
}

}  // namespace

/// Gathers the answer of one claimed run and ends the claim. [loop]
class IdempotentHandler::Recorder final : public AnswerTap {
public:
    Recorder(sessions::Idempotency& idempotency, const sessions::Idempotency::Claim& claim, const Request& request,
             std::string sealed_for)
        : idempotency_(idempotency), claim_(claim), request_(request), sealed_for_(std::move(sealed_for)) {}

    void onBody(std::string_view bytes) override {
        too_large_ = too_large_ || body_.size() + bytes.size() > sessions::Idempotency::kLargestAnswer;
        if (too_large_)
            std::string().swap(body_);
        else
            body_ += bytes;
    }
    io::Task<void> onEnd(int status, std::string_view content_type) override {
        ended_ = true;
        // A stream that ended with an error event has the status of its beginning; the access log knows better.
        const bool broken = content_type == kEventStream && !request_.access.outcome.empty();
        if (too_large_ || broken || !isFinal(status)) {
            co_await idempotency_.abandon(claim_);
            co_return;
        }
        if (!sealed_for_.empty()) body_ = auth::seal(body_, sealed_for_);
        co_await idempotency_.finish(claim_, {status, std::string(content_type), std::move(body_)});
    }
    /// The run is over without an answer of its own; the connection gives the one for `failure`.
    io::Task<void> close(const Error* failure, const Response& response) {
        if (ended_) co_return;
        if (failure == nullptr || response.streamBegun()) {
            co_await idempotency_.abandon(claim_);
            co_return;
        }
        body_.clear();
        onBody(encodeError(*failure, response.door(), request_.id));
        co_await onEnd(httpStatus(failure->code()), "application/json");
    }

private:
    sessions::Idempotency& idempotency_;
    const sessions::Idempotency::Claim& claim_;
    const Request& request_;
    const std::string sealed_for_;  // empty: plain
    std::string body_;
    bool too_large_ = false;
    bool ended_ = false;
};

io::Task<void> IdempotentHandler::handle(Request& request, Response& response) {
    const auto* const key = idempotencyKeyOf(request);
    return key == nullptr ? inner_.handle(request, response) : handleOnce(*key, request, response);
}

io::Task<void> IdempotentHandler::handleOnce(std::string key, Request& request, Response& response) {
    check(key);
    const auto by = co_await authenticate(authenticator_, request);
    const std::string credential(keep_ == Keep::Sealed ? credentialOf(request) : std::string_view());
    auto claim = co_await idempotency_.claim(by->user, std::move(key), [&] { return fingerprintOf(request, *by); });
    if (claim.answer) {
        co_await answerAgain(*std::move(claim.answer), credential, response);
        co_return;
    }
    Recorder recorder(idempotency_, claim, request, credential);
    response.showTo(&recorder);
    std::exception_ptr thrown;
    std::optional<Error> failure;
    try {
        co_await inner_.handle(request, response);
    } catch (const Error& error) {
        failure = error;
        thrown = std::current_exception();
    } catch (...) {
        thrown = std::current_exception();
    }
    response.showTo(nullptr);
    co_await recorder.close(failure ? &*failure : nullptr, response);
    if (thrown) std::rethrow_exception(thrown);
}

io::Task<void> IdempotentHandler::answerAgain(storage::StoredResponse answer, const std::string& credential,
                                              Response& response) const {
    if (keep_ == Keep::Sealed) {
        auto opened = auth::unseal(answer.body, credential);
        if (!opened)
            throw Error(ErrorCode::IdempotencyConflict, "this Idempotency-Key was used with another credential")
                .withParam(kHeader);
        answer.body = *std::move(opened);
    }
    response.setHeader("Idempotency-Replayed", "true");
    if (answer.content_type != kEventStream) {
        co_await response.send(answer.status, answer.content_type, answer.body);
        co_return;
    }
    for (std::string_view rest = answer.body; !rest.empty(); rest.remove_prefix(std::min(rest.size(), kBurst))) {
        response.append(rest.substr(0, kBurst));
        if (!co_await response.flush()) co_return;
    }
    co_await response.finishStream();
}

}  // namespace gw::http
