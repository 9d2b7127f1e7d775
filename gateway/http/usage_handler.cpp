#include "http/usage_handler.h"

#include <algorithm>
#include <string_view>

#include "base/text.h"
#include "http/body_fields.h"
#include "http/credential.h"
#include "protocol/json_writer.h"

namespace gw::http {
namespace {

std::uint8_t groupsOf(std::string_view names) {
    std::uint8_t bits = 0;
    while (!names.empty()) {
        const auto name = names.substr(0, names.find(','));
        names.remove_prefix(std::min(names.size(), name.size() + 1));
        const auto bit = admin::usageGroup(name);
        if (bit == 0)
            throw Error(ErrorCode::InvalidRequest, "'group_by' takes day, model, provider and key")
                .withParam("group_by");
        bits |= bit;
    }
    return bits;
}

/// A date ("2026-01-31") or a time; `fallback` when absent.
std::int64_t dayParameter(const Request& request, std::string_view name, std::int64_t fallback) {
    auto text = request.queryParameter(name);
    if (text.empty()) return fallback;
    if (text.size() == 10) text += "T00:00:00Z";
    const auto time = parseTime(text);
    if (!time)
        throw Error(ErrorCode::InvalidRequest, "'" + std::string(name) + "' must be a date such as 2026-01-31")
            .withParam(std::string(name));
    return admin::dayOf(*time);
}

std::string dayName(std::int64_t day) {
    return rfc3339(WallTime(std::chrono::days(day))).substr(0, 10);
}

std::string encodeUsage(const std::vector<admin::UsageLine>& lines, const admin::UsageWishes& query) {
    protocol::JsonWriter json;
    json.beginObject()
        .field("from", dayName(query.first_day))
        .field("to", dayName(query.last_day))
        .key("data")
        .beginArray();
    for (const auto& line : lines) {
        json.beginObject();
        if (line.day >= 0) json.field("day", dayName(line.day));
        if (!line.model.empty()) json.field("model", line.model);
        if (!line.provider.empty()) json.field("provider", line.provider);
        if (!line.key.empty()) json.field("key", line.key);
        json.field("requests", line.requests).field("errors", line.errors).field("input_tokens", line.input);
        json.field("output_tokens", line.output)
            .field("cached_tokens", line.cached)
            .field("reasoning_tokens", line.reasoning);
        json.endObject();
    }
    json.endArray().key("next_cursor").null().endObject();
    return json.take();
}

}  // namespace

io::Task<void> UsageHandler::handle(Request& request, Response& response) {
    const auto by = co_await authenticate(authenticator_, request);
    const auto today = admin::dayOf(clock_.wall());
    const admin::UsageWishes wishes{.first_day = dayParameter(request, "from", today - 30),
                                    .last_day = dayParameter(request, "to", today),
                                    .group_by = groupsOf(request.queryParameter("group_by"))};
    const auto lines = co_await report_.lines(*by, wishes);
    const auto body = encodeUsage(lines, wishes);
    co_await response.sendJson(200, body);
}

}  // namespace gw::http
