#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/strong_id.h"
#include "storage/store.h"

namespace gw::storage {

struct StoredResponse {
    int status = 200;
    std::string content_type;
    std::string body;
};

struct IdempotentRequest {
    UserId user;
    std::string key;        // the client's Idempotency-Key
    std::string body_hash;  // of route and body
};

/// What begin() found: run it, answer with `response`, or refuse.
struct IdempotencyState {
    enum class Kind : std::uint8_t { Started, Answered, Running, OtherBody };
    Kind kind = Kind::Started;
    std::optional<StoredResponse> response;  // Answered
};

/// [worker], inside the session's thread; `session` is borrowed.
class IdempotencyRepository {
public:
    explicit IdempotencyRepository(StoreSession& session) : session_(session) {}

    /// Claims the key until `lease_until` (a crashed run is taken over after that), remembered until `expires_at`.
    [[nodiscard]] IdempotencyState begin(const IdempotentRequest& request, WallTime now, WallTime lease_until,
                                         WallTime expires_at);
    void finish(const IdempotentRequest& request, const StoredResponse& response);
    /// The run failed before it had an effect: the key is free again.
    void abandon(const IdempotentRequest& request);
    /// Deletes at most `limit` expired keys; returns how many.
    [[nodiscard]] std::uint64_t purgeExpired(WallTime now, std::uint64_t limit);

private:
    StoreSession& session_;
};

}  // namespace gw::storage
