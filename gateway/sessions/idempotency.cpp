#include "sessions/idempotency.h"

#include <utility>

#include "base/error.h"
#include "observability/log.h"

namespace gw::sessions {
namespace {

using Kind = storage::IdempotencyState::Kind;

/// Expired keys leave in the company of new ones: a few hundred with every 64th, which is more than can come.
constexpr std::uint64_t kPurgeEvery = 64, kPurged = 256;

void logFailure(const char* what, const std::exception& error) {
    observability::log(observability::Level::Warn, "sessions", what, {{"error", error.what()}});
}

void refuse(Kind kind) {
    if (kind == Kind::Running)
        throw Error(ErrorCode::IdempotencyConflict, "the request with this Idempotency-Key is still running")
            .withParam("Idempotency-Key")
            .withRetryAfter(std::chrono::seconds(1));
    if (kind == Kind::OtherBody)
        throw Error(ErrorCode::IdempotencyConflict, "this Idempotency-Key was used for another request")
            .withParam("Idempotency-Key");
}

}  // namespace

io::Task<Idempotency::Claim> Idempotency::claim(UserId user, std::string key,
                                                std::function<std::string()> fingerprint) {
    Claim claim{
        .request = {.user = std::move(user), .key = std::move(key), .body_hash = {}}, .lease_until = {}, .answer = {}};
    auto state = co_await store_.run([&](storage::StoreSession& session) {
        claim.request.body_hash = fingerprint();
        purgeNowAndThen(session);
        const auto now = clock_.wall();
        claim.lease_until = now + options_.lease;
        return storage::IdempotencyRepository(session).begin(claim.request, now, claim.lease_until,
                                                             now + options_.kept);
    });
    refuse(state.kind);
    claim.answer = std::move(state.response);
    co_return claim;
}

io::Task<void> Idempotency::finish(const Claim& claim, storage::StoredResponse answer) {
    if (!ours(claim)) co_return;
    try {
        co_await store_.run([&](storage::StoreSession& session) {
            storage::IdempotencyRepository(session).finish(claim.request, answer);
        });
    } catch (const std::exception& error) {
        logFailure("an answer could not be kept for its Idempotency-Key", error);
    }
}

io::Task<void> Idempotency::abandon(const Claim& claim) {
    if (!ours(claim)) co_return;
    try {
        co_await store_.run(
            [&](storage::StoreSession& session) { storage::IdempotencyRepository(session).abandon(claim.request); });
    } catch (const std::exception& error) {
        logFailure("an Idempotency-Key could not be freed", error);
    }
}

void Idempotency::purgeNowAndThen(storage::StoreSession& session) noexcept {
    if (claims_.fetch_add(1, std::memory_order_relaxed) % kPurgeEvery != 0) return;
    try {
        static_cast<void>(storage::IdempotencyRepository(session).purgeExpired(clock_.wall(), kPurged));
    } catch (const std::exception& error) {
        logFailure("expired idempotency keys could not be deleted", error);
    }
}

}  // namespace gw::sessions
