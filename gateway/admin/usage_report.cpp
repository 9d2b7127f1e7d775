#include "admin/usage_report.h"

namespace gw::admin {

using storage::UsageGroup;

std::uint8_t usageGroup(std::string_view name) noexcept {
    if (name == "day") return static_cast<std::uint8_t>(UsageGroup::Day);
    if (name == "model") return static_cast<std::uint8_t>(UsageGroup::Model);
    if (name == "provider") return static_cast<std::uint8_t>(UsageGroup::Provider);
    if (name == "key") return static_cast<std::uint8_t>(UsageGroup::Key);
    return 0;
}

io::Task<std::vector<UsageLine>> UsageReport::lines(const auth::Principal& by, UsageWishes wishes) {
    by.require(auth::Scope::Usage);
    storage::UsageQuery query;
    query.user = by.user;
    query.first_day = wishes.first_day;
    query.last_day = wishes.last_day;
    query.group_by = wishes.group_by;
    co_return co_await store_.run(
        [&query](storage::StoreSession& session) { return storage::UsageRepository(session).report(query); });
}

}  // namespace gw::admin
