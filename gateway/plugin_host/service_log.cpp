#include <string>
#include <vector>

#include "observability/log.h"
#include "plugin_host/host_services.h"

namespace gw::plugin_host {

namespace {

using observability::Level;

constexpr std::size_t kMaxText = 4096;
constexpr std::size_t kMaxFields = 32;
constexpr std::size_t kShortestSecret = 4;  // shorter ones would blacken ordinary words

Level levelOf(std::uint32_t level) noexcept {
    return level >= GWP_LOG_ERROR ? Level::Error : static_cast<Level>(level);
}

std::uint32_t enabled(gwp_hctx* /*hc*/, std::uint32_t level) noexcept {
    return observability::logEnabled(levelOf(level)) ? 1 : 0;
}

void writeLine(const InstanceContext& context, Level level, std::string_view message, const gwp_kv* fields,
               std::uint64_t count) {
    std::vector<std::string> texts;
    texts.reserve(2 * kMaxFields + 1);  // so that the views below stay
    std::vector<observability::LogField> list{{"instance", context.name}};
    for (std::uint64_t i = 0; i < count && i < kMaxFields; ++i) {
        const std::string& key = texts.emplace_back(view(fields[i].key).substr(0, 64));
        const std::string& value = texts.emplace_back(redacted(context, view(fields[i].value).substr(0, kMaxText)));
        list.push_back({key, value});
    }
    std::string lost;
    if (const auto dropped = context.log_budget.takeDropped(); dropped > 0) {
        lost = std::to_string(dropped);
        list.push_back({"lines_dropped", lost});
    }
    observability::log(level, "plugin", redacted(context, message.substr(0, kMaxText)), list);
}

void write(gwp_hctx* hc, std::uint32_t level, gwp_str message, const gwp_kv* fields, std::uint64_t count) noexcept {
    const InstanceContext& context = InstanceContext::of(hc);
    if (!observability::logEnabled(levelOf(level)) || !context.log_budget.take()) return;
    try {
        writeLine(context, levelOf(level), view(message), fields, count);
    } catch (...) {  // NOLINT(bugprone-empty-catch): no memory for a log line is no reason to fail the caller
    }
}

}  // namespace

std::string redacted(const InstanceContext& context, std::string_view text) {
    std::string result(text);
    for (const NamedSecret& secret : context.secrets) {
        const std::string_view value = secret.value.reveal();
        if (value.size() < kShortestSecret) continue;
        for (std::size_t at = result.find(value); at != std::string::npos; at = result.find(value, at))
            result.replace(at, value.size(), "[redacted]");
    }
    return result;
}

const gwp_svc_log& logService() noexcept {
    static constexpr gwp_svc_log kTable = {sizeof(gwp_svc_log), 0, enabled, write};
    return kTable;
}

}  // namespace gw::plugin_host
