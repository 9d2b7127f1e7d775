#include "storage/usage_repository.h"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

#include "base/error.h"
#include "base/ids.h"
#include "storage/columns.h"

namespace gw::storage {
namespace {

constexpr const char* kUsage = "usage";
constexpr const char* kDaily = "usage_daily";
constexpr std::int64_t kMaxDays = 366;
constexpr std::uint64_t kRowsPerFind = 10'000, kMaxRows = 200'000;

using DailyKey = std::tuple<std::int64_t, std::string, std::string, std::string, std::string>;

void addTold(std::int64_t& sum, std::int64_t told) {
    sum += std::max<std::int64_t>(told, 0);
}

Row usageRow(const UsageRecord& record) {
    return {{"id", record.id},
            {"request_id", record.request.str()},
            {"user_id", record.user.str()},
            {"key_id", record.key.str()},
            {"provider", record.provider.str()},
            {"model", record.model.str()},
            {"operation", record.operation},
            {"outcome", record.outcome},
            {"status", record.status},
            {"input", orNull(record.usage.input)},
            {"output", orNull(record.usage.output)},
            {"cached", orNull(record.usage.cached_read)},
            {"reasoning", orNull(record.usage.reasoning)},
            {"estimated", record.estimated},
            {"ttft_us", orNull(record.ttft_us)},
            {"total_us", record.total_us},
            {"created_at", record.created_at}};
}

void count(UsageLine& line, const UsageRecord& record) {
    line.requests += 1;
    line.errors += record.outcome == "ok" || record.outcome == "client_gone" ? 0 : 1;
    addTold(line.input, record.usage.input);
    addTold(line.output, record.usage.output);
    addTold(line.cached, record.usage.cached_read);
    addTold(line.reasoning, record.usage.reasoning);
}

void addDaily(StoreSession& session, const DailyKey& key, const UsageLine& sums) {
    const auto& [day, user, key_id, provider, model] = key;
    session.add(kDaily, {{"user_id", user}, {"day", day}, {"key_id", key_id}, {"provider", provider}, {"model", model}},
                {},
                {{"requests", sums.requests},
                 {"errors", sums.errors},
                 {"input", sums.input},
                 {"output", sums.output},
                 {"cached", sums.cached},
                 {"reasoning", sums.reasoning}});
}

Query dailyQuery(const UsageQuery& asked) {
    Query query;
    query.collection = kDaily;
    if (asked.user)
        query.where.push_back(equals("user_id", asked.user->str()));
    else
        query.index = "by_day";
    query.where.push_back({"day", Compare::Ge, asked.first_day});
    query.where.push_back({"day", Compare::Le, asked.last_day});
    query.limit = kRowsPerFind;
    return query;
}

/// Sums of daily rows by what was asked to group by.
class Report {
public:
    explicit Report(std::uint8_t group_by) : group_by_(group_by) {}

    void add(Row& row) {
        RowReader reader(row);
        std::string user = keep(UsageGroup::User, reader.text("user_id"));
        const std::int64_t day = has(UsageGroup::Day) ? reader.number("day") : -1;
        std::string key = keep(UsageGroup::Key, reader.text("key_id"));
        std::string provider = keep(UsageGroup::Provider, reader.text("provider"));
        std::string model = keep(UsageGroup::Model, reader.text("model"));
        UsageLine& line = lines_[{day, std::move(user), std::move(key), std::move(provider), std::move(model)}];
        line.requests += reader.number("requests");
        line.errors += reader.number("errors");
        line.input += reader.number("input");
        line.output += reader.number("output");
        line.cached += reader.number("cached");
        line.reasoning += reader.number("reasoning");
    }
    std::vector<UsageLine> lines() {
        std::vector<UsageLine> lines;
        for (auto& [key, line] : lines_) {
            std::tie(line.day, line.user, line.key, line.provider, line.model) = key;
            lines.push_back(std::move(line));
        }
        return lines;
    }

private:
    [[nodiscard]] bool has(UsageGroup group) const { return (group_by_ & static_cast<std::uint8_t>(group)) != 0; }
    [[nodiscard]] std::string keep(UsageGroup group, std::string text) const {
        return has(group) ? std::move(text) : std::string();
    }
    const std::uint8_t group_by_;
    std::map<DailyKey, UsageLine> lines_;
};

}  // namespace

void UsageRepository::insertBatch(std::span<const UsageRecord> records) {
    std::map<DailyKey, UsageLine> daily;
    for (const UsageRecord& record : records) {
        if (session_.insert(kUsage, usageRow(record)) != Outcome::Done) continue;  // there already, and counted
        count(daily[{dayOf(record.created_at), record.user.str(), record.key.str(), record.provider.str(),
                     record.model.str()}],
              record);
    }
    for (const auto& [key, sums] : daily) addDaily(session_, key, sums);
}

std::vector<UsageLine> UsageRepository::report(const UsageQuery& asked) {
    if (asked.last_day - asked.first_day >= kMaxDays)
        throw Error(ErrorCode::InvalidRequest, "At most 366 days in one report.").withParam("from");
    Query query = dailyQuery(asked);
    Report report(asked.group_by);
    for (std::uint64_t seen = 0;; seen += kRowsPerFind) {
        if (seen >= kMaxRows)
            throw Error(ErrorCode::InvalidRequest, "Too much usage for one report; ask for fewer days.")
                .withParam("from");
        plugin_host::Page page = session_.find(query);
        for (Row& row : page.rows) report.add(row);
        if (page.next.empty()) return report.lines();
        query.after = std::move(page.next);
    }
}

std::uint64_t UsageRepository::purgeBefore(WallTime time, std::uint64_t limit) {
    // Ids begin with their time, so the primary key is the index by age.
    constexpr std::string_view kPrefix = "use_";
    constexpr std::size_t kTimeCharacters = 10;
    Query query;
    query.collection = kUsage;
    query.where = {{"id", Compare::Lt, newId(kPrefix, time).substr(0, kPrefix.size() + kTimeCharacters)}};
    query.limit = limit;
    return session_.purge(query);
}

}  // namespace gw::storage
