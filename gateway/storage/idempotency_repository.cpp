#include "storage/idempotency_repository.h"

#include "storage/columns.h"

namespace gw::storage {
namespace {

constexpr const char* kIdempotency = "idempotency";
constexpr std::int64_t kRunning = 0, kAnswered = 1;

Row keyOf(const IdempotentRequest& request) {
    return {{"user_id", request.user.str()}, {"idem_key", request.key}};
}

std::optional<Row> findRow(StoreSession& session, const IdempotentRequest& request) {
    Query query;
    query.collection = kIdempotency;
    query.where = {equals("user_id", request.user.str()), equals("idem_key", request.key)};
    query.limit = 1;
    plugin_host::Page page = session.find(query);
    if (page.rows.empty()) return std::nullopt;
    return std::move(page.rows.front());
}

}  // namespace

IdempotencyState IdempotencyRepository::begin(const IdempotentRequest& request, WallTime now, WallTime lease_until,
                                              WallTime expires_at) {
    using Kind = IdempotencyState::Kind;
    const Row claim{{"body_hash", request.body_hash}, {"state", kRunning},   {"status", Value()},
                    {"content_type", Value()},        {"response", Value()}, {"lease_until", lease_until},
                    {"expires_at", expires_at}};
    Row row = keyOf(request);
    row.insert(row.end(), claim.begin(), claim.end());
    if (session_.insert(kIdempotency, row) == Outcome::Done) return {Kind::Started, {}};
    std::optional<Row> found = findRow(session_, request);
    if (!found) return {Kind::Running, {}};  // given up or purged between the two calls: the client may try again
    RowReader reader(*found);
    const std::string body_hash = reader.text("body_hash");
    const std::int64_t state = reader.number("state");
    const std::int64_t status = reader.number("status");
    std::string content_type = reader.text("content_type");
    std::string response = reader.text("response");
    const WallTime lease = reader.time("lease_until");
    const bool expired = reader.time("expires_at") <= now;
    if (expired || (state == kRunning && lease <= now && body_hash == request.body_hash)) {
        const Outcome taken =
            session_.update(kIdempotency, keyOf(request), {{"state", state}, {"lease_until", lease}}, claim);
        return {taken == Outcome::Done ? Kind::Started : Kind::Running, {}};
    }
    if (body_hash != request.body_hash) return {Kind::OtherBody, {}};
    if (state == kRunning) return {Kind::Running, {}};
    return {Kind::Answered, StoredResponse{static_cast<int>(status), std::move(content_type), std::move(response)}};
}

void IdempotencyRepository::finish(const IdempotentRequest& request, const StoredResponse& response) {
    // Conflict or NotFound: it ran past its lease, and another run has the key.
    (void)session_.update(kIdempotency, keyOf(request), {{"state", kRunning}, {"body_hash", request.body_hash}},
                          {{"state", kAnswered},
                           {"status", std::int64_t{response.status}},
                           {"content_type", response.content_type},
                           {"response", response.body}});
}

void IdempotencyRepository::abandon(const IdempotentRequest& request) {
    (void)session_.remove(kIdempotency, keyOf(request));
}

std::uint64_t IdempotencyRepository::purgeExpired(WallTime now, std::uint64_t limit) {
    Query query;
    query.collection = kIdempotency;
    query.index = "by_expiry";
    query.where = {{"expires_at", Compare::Le, now}};
    query.limit = limit;
    return session_.purge(query);
}

}  // namespace gw::storage
