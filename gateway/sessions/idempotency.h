#pragma once
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/strong_id.h"
#include "io/task.h"
#include "storage/idempotency_repository.h"
#include "storage/store.h"

namespace gw::sessions {

struct IdempotencyOptions {
    std::chrono::seconds kept{24 * 60 * 60};  // a key is remembered
    std::chrono::seconds lease{15 * 60};      // a run whose gateway died is over; longer than any request may take
};

/// The memory behind Idempotency-Key: which requests of a user have run, and what they were answered. Shared by every
/// gateway on one database. [loop]
class Idempotency {
public:
    /// A larger answer is not kept.
    static constexpr std::size_t kLargestAnswer = 1024UL * 1024;

    /// Ended by finish() or abandon(); by its lease if neither comes. With an `answer` it is ended already.
    struct Claim {
        storage::IdempotentRequest request;
        WallTime lease_until;
        std::optional<storage::StoredResponse> answer;  // it ran before: this is what it was answered
    };

    /// `store` and `clock` must outlive this.
    Idempotency(storage::Store& store, const Clock& clock, IdempotencyOptions options)
        : store_(store), clock_(clock), options_(options) {}

    /// Takes the user's key for the request that `fingerprint` tells (called once, on a worker: a body may be large).
    /// Throws Error(IdempotencyConflict) while it runs (try again) or when the key stands for another request (do
    /// not), and Error(Unavailable).
    [[nodiscard]] io::Task<Claim> claim(UserId user, std::string key, std::function<std::string()> fingerprint);
    /// Keeps the answer. Like abandon() it never throws: the lease ends what cannot be ended now.
    [[nodiscard]] io::Task<void> finish(const Claim& claim, storage::StoredResponse answer);
    /// Nothing came of it: the key is free again.
    [[nodiscard]] io::Task<void> abandon(const Claim& claim);

private:
    [[nodiscard]] bool ours(const Claim& claim) const { return clock_.wall() < claim.lease_until; }
    void purgeNowAndThen(storage::StoreSession& session) noexcept;

    storage::Store& store_;
    const Clock& clock_;
    const IdempotencyOptions options_;
    std::atomic<std::uint64_t> claims_{0};
};

}  // namespace gw::sessions
