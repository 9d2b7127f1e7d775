#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/strong_id.h"
#include "protocol/usage.h"
#include "storage/store.h"

namespace gw::storage {

/// One attempt at one provider.
struct UsageRecord {
    std::string id;  // "use_…" (newId)
    RequestId request;
    UserId user;
    KeyId key;
    ProviderName provider;
    ModelName model;
    std::string operation;  // "chat", "embeddings"
    std::string outcome;    // "ok", "client_gone", or an error's code name
    std::int64_t status = 200;
    protocol::Usage usage;                    // -1: not told
    bool estimated = false;                   // the tokens are our own estimate
    std::int64_t ttft_us = -1, total_us = 0;  // -1: no content came
    WallTime created_at;
};

enum class UsageGroup : std::uint8_t { Day = 1, Model = 2, Provider = 4, Key = 8, User = 16 };

struct UsageQuery {
    std::optional<UserId> user;                // absent: everybody's, for operators
    std::int64_t first_day = 0, last_day = 0;  // days since the epoch, UTC, both included; at most 366 days
    std::uint8_t group_by = 0;                 // UsageGroup bits
};

/// A line of the report; the members not grouped by are empty (day: -1).
struct UsageLine {
    std::int64_t day = -1;
    std::string model, provider, key, user;
    std::int64_t requests = 0, errors = 0, input = 0, output = 0, cached = 0, reasoning = 0;
};

[[nodiscard]] constexpr std::int64_t dayOf(WallTime time) {
    return std::chrono::floor<std::chrono::days>(time).time_since_epoch().count();
}

/// [worker], inside the session's thread; `session` is borrowed.
class UsageRepository {
public:
    explicit UsageRepository(StoreSession& session) : session_(session) {}

    /// Rows and daily sums; a row that is there already is not counted twice. Run it in a transaction.
    void insertBatch(std::span<const UsageRecord> records);
    /// Sorted by day, then user, key, provider, model. Throws Error(InvalidRequest) beyond 366 days or 200,000 daily
    /// rows.
    [[nodiscard]] std::vector<UsageLine> report(const UsageQuery& query);
    /// Deletes at most `limit` rows older than that (sums stay); returns how many.
    [[nodiscard]] std::uint64_t purgeBefore(WallTime time, std::uint64_t limit);

private:
    StoreSession& session_;
};

}  // namespace gw::storage
