#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "base/text.h"
#include "plugin_host/abi_view.h"
#include "plugin_host/http_call.h"

namespace gw::plugin_host {

namespace {

/// Requests by the token that the plugin holds. [any]
class HttpCalls {
public:
    gwp_token add(const std::shared_ptr<HttpCall>& call) {
        const std::lock_guard lock(mutex_);
        if (calls_.size() >= sweep_at_) sweep();
        calls_.emplace(++last_, call);
        return last_;
    }
    std::shared_ptr<HttpCall> find(gwp_token token) {
        const std::lock_guard lock(mutex_);
        const auto found = calls_.find(token);
        return found != calls_.end() ? found->second.lock() : nullptr;
    }

private:
    void sweep() {
        std::erase_if(calls_, [](const auto& entry) { return entry.second.expired(); });
        sweep_at_ = 2 * calls_.size() + 64;
    }
    std::mutex mutex_;
    std::map<gwp_token, std::weak_ptr<HttpCall>> calls_;
    std::size_t sweep_at_ = 64;
    gwp_token last_ = 0;
};

HttpCalls& calls() {
    static HttpCalls all;
    return all;
}

/// Splits "https://host:port/path" into where and what; false: neither http nor https.
bool splitUrl(std::string_view url, std::string& base, std::string& path) {
    const std::size_t scheme = url.find("://");
    if (scheme == std::string_view::npos) return false;
    const std::string name = asciiLower(url.substr(0, scheme));
    if (name != "http" && name != "https") return false;
    const std::size_t end = url.find_first_of("/?#", scheme + 3);
    base = std::string(url.substr(0, end));
    path = end == std::string_view::npos ? "/" : std::string(url.substr(end, url.find('#', end) - end));
    if (path.empty() || path.front() != '/') path.insert(0, "/");
    return true;
}

void setMillis(std::chrono::milliseconds& limit, std::uint64_t millis) {
    if (millis > 0) limit = std::chrono::milliseconds(millis);
}

/// Null: the request names no place that exists.
std::optional<HttpCall::Plan> planOf(const InstanceContext& context, const gwp_http_request& request) {
    HttpCall::Plan plan{};
    plan.endpoint = context.http;
    if (request.upstream.len > 0) {
        const Endpoint* named = context.host.outbound->endpoint(view(request.upstream));
        if (named == nullptr) return std::nullopt;
        plan.endpoint = *named;
        plan.request.path_and_query = view(request.url);
    } else if (!splitUrl(view(request.url), plan.endpoint.base_url, plan.request.path_and_query)) {
        return std::nullopt;
    }
    plan.request.method = request.method.len > 0 ? std::string(view(request.method)) : "GET";
    for (std::uint64_t i = 0; i < request.n_headers; ++i) {
        std::string value(view(request.headers[i].value));
        revealPlaceholders(context, value);
        plan.request.headers.emplace_back(asciiLower(view(request.headers[i].key)), std::move(value));
    }
    revealPlaceholders(context, plan.request.path_and_query);
    plan.request.body = view(request.body);
    setMillis(plan.endpoint.connect_timeout, request.connect_ms);
    setMillis(plan.endpoint.first_byte_timeout, request.first_byte_ms);
    setMillis(plan.endpoint.idle_timeout, request.idle_ms);
    setMillis(plan.endpoint.total_timeout, request.total_ms);
    if (request.max_body_bytes > 0) plan.endpoint.max_response_bytes = request.max_body_bytes;
    return plan;
}

// The parameters are the ABI's. NOLINTNEXTLINE(readability-function-size)
gwp_status start(gwp_hctx* hc, gwp_token owner, const gwp_http_request* request, const gwp_http_handler* handler,
                 void* user, gwp_token* out) noexcept {
    const bool answerable = GWP_CAN(handler, gwp_http_handler, on_done);
    if (request == nullptr || !answerable) return GWP_E_INVALID;
    if (!isWholeCommand(request)) return GWP_E_UNSUPPORTED;
    InstanceContext& context = InstanceContext::of(hc);
    auto instance = context.self.lock();
    if (instance == nullptr || !context.host.tokens.alive(owner)) return GWP_E_GONE;
    try {
        auto plan = planOf(context, viewOf(request));
        if (!plan) return GWP_E_NOT_FOUND;
        plan->owner = owner;
        plan->handler = viewOf(handler);
        plan->user = user;
        const auto call = std::make_shared<HttpCall>(context, std::move(instance), std::move(*plan));
        if (out != nullptr) *out = calls().add(call);
        return call->launch() ? GWP_OK : GWP_E_GONE;
    } catch (...) {
        return GWP_E_LIMIT;
    }
}

gwp_status pause(gwp_hctx* /*hc*/, gwp_token token, std::uint32_t paused) noexcept {
    try {
        const auto call = calls().find(token);
        if (call == nullptr) return GWP_E_GONE;
        call->pause(paused != 0);
        return GWP_OK;
    } catch (...) {
        return GWP_E_BUSY;
    }
}

gwp_status cancel(gwp_hctx* /*hc*/, gwp_token token) noexcept {
    try {
        const auto call = calls().find(token);
        if (call == nullptr) return GWP_E_GONE;
        call->cancel();
        return GWP_OK;
    } catch (...) {
        return GWP_E_BUSY;
    }
}

}  // namespace

const gwp_svc_http& httpService() noexcept {
    static constexpr gwp_svc_http kTable = {sizeof(gwp_svc_http), 0, start, pause, cancel};
    return kTable;
}

}  // namespace gw::plugin_host
