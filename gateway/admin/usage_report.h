#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "auth/principal.h"
#include "base/clock.h"
#include "io/task.h"
#include "storage/store.h"
#include "storage/usage_repository.h"

namespace gw::admin {

/// What of the usage is asked for: days since the epoch, both included, and what to group by.
struct UsageWishes {
    std::int64_t first_day = 0, last_day = 0;
    std::uint8_t group_by = 0;
};

using UsageLine = storage::UsageLine;

/// The bit of a group's name ("day", "model", "provider", "key"); 0: no such group.
[[nodiscard]] std::uint8_t usageGroup(std::string_view name) noexcept;
[[nodiscard]] inline std::int64_t dayOf(WallTime time) {
    return storage::dayOf(time);
}

/// Sums of usage by day and what it was spent on. [loop]
class UsageReport {
public:
    explicit UsageReport(storage::Store& store) : store_(store) {}
    /// One's own.
    [[nodiscard]] io::Task<std::vector<UsageLine>> lines(const auth::Principal& by, UsageWishes wishes);

private:
    storage::Store& store_;
};

}  // namespace gw::admin
