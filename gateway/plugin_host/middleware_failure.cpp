#include "plugin_host/middleware_failure.h"

#include <array>
#include <chrono>
#include <optional>
#include <string>

namespace gw::plugin_host {
namespace {

template <class Key>
struct Row {
    Key key;
    ErrorCode code;
};

/// Words of error_set's `type` that say more than the status.
constexpr std::array kTypes{
    Row<std::string_view>{"content_filter", ErrorCode::ContentFiltered},
    Row<std::string_view>{"context_length_exceeded", ErrorCode::ContextLengthExceeded},
    Row<std::string_view>{"insufficient_quota", ErrorCode::InsufficientQuota},
    Row<std::string_view>{"model_not_found", ErrorCode::ModelNotFound},
};

constexpr std::array kHttp{
    Row<std::uint32_t>{401, ErrorCode::Unauthenticated},  Row<std::uint32_t>{402, ErrorCode::InsufficientQuota},
    Row<std::uint32_t>{403, ErrorCode::Forbidden},        Row<std::uint32_t>{404, ErrorCode::NotFound},
    Row<std::uint32_t>{405, ErrorCode::MethodNotAllowed}, Row<std::uint32_t>{406, ErrorCode::NotAcceptable},
    Row<std::uint32_t>{408, ErrorCode::RequestTimeout},   Row<std::uint32_t>{409, ErrorCode::Conflict},
    Row<std::uint32_t>{413, ErrorCode::PayloadTooLarge},  Row<std::uint32_t>{415, ErrorCode::UnsupportedMediaType},
    Row<std::uint32_t>{422, ErrorCode::Unprocessable},    Row<std::uint32_t>{429, ErrorCode::RateLimited},
    Row<std::uint32_t>{500, ErrorCode::Internal},         Row<std::uint32_t>{502, ErrorCode::UpstreamError},
    Row<std::uint32_t>{503, ErrorCode::Unavailable},      Row<std::uint32_t>{504, ErrorCode::UpstreamTimeout},
    Row<std::uint32_t>{507, ErrorCode::StorageFull},
};

constexpr std::array kStatus{
    Row<gwp_status>{GWP_E_INVALID, ErrorCode::InvalidRequest},
    Row<gwp_status>{GWP_E_UNSUPPORTED, ErrorCode::Unprocessable},
    Row<gwp_status>{GWP_E_NOT_FOUND, ErrorCode::NotFound},
    Row<gwp_status>{GWP_E_EXISTS, ErrorCode::Conflict},
    Row<gwp_status>{GWP_E_CONFLICT, ErrorCode::Conflict},
    Row<gwp_status>{GWP_E_BUSY, ErrorCode::Unavailable},
    Row<gwp_status>{GWP_E_TIMEOUT, ErrorCode::UpstreamTimeout},
    Row<gwp_status>{GWP_E_DENIED, ErrorCode::ContentFiltered},
    Row<gwp_status>{GWP_E_LIMIT, ErrorCode::RateLimited},
    Row<gwp_status>{GWP_E_UPSTREAM, ErrorCode::UpstreamError},
};

template <class Key, std::size_t Size>
std::optional<ErrorCode> lookUp(const std::array<Row<Key>, Size>& rows, const Key& key) {
    for (const auto& row : rows)
        if (row.key == key) return row.code;
    return std::nullopt;
}

ErrorCode codeOf(const ErrorSlot& slot) {
    const auto by_type = lookUp(kTypes, std::string_view(slot.type));
    // The status is a promise: a word may refine it, never change it.
    if (by_type && (slot.http_status == 0 || slot.http_status == static_cast<std::uint32_t>(httpStatus(*by_type))))
        return *by_type;
    if (slot.http_status == 0) return lookUp(kStatus, slot.status).value_or(ErrorCode::PluginUnavailable);
    const auto other =
        slot.http_status >= 400 && slot.http_status < 500 ? ErrorCode::InvalidRequest : ErrorCode::PluginUnavailable;
    return lookUp(kHttp, slot.http_status).value_or(other);
}

Error build(ErrorCode code, const ErrorSlot& slot, std::string_view fallback, std::string detail) {
    Error error(code, slot.text.empty() ? std::string(fallback) : slot.text, std::move(detail));
    if (slot.retry_after_ms > 0) error.withRetryAfter(std::chrono::milliseconds(slot.retry_after_ms));
    if (!slot.type.empty()) error.withProviderCode(slot.type);
    return error;
}

std::string detailOf(const ErrorSlot& slot, gwp_status returned, std::string_view instance, std::string_view phase) {
    return std::string(instance) + " " + std::string(phase) + ": " + slot.words(returned);
}

gwp_status statusOf(const Error& error) {
    if (error.code() == ErrorCode::ContentFiltered) return GWP_E_DENIED;
    switch (httpStatus(error.code())) {
        case 401:
        case 403: return GWP_E_DENIED;
        case 404: return GWP_E_NOT_FOUND;
        case 408:
        case 504: return GWP_E_TIMEOUT;
        case 409: return GWP_E_CONFLICT;
        case 413:
        case 429: return GWP_E_LIMIT;
        case 502: return GWP_E_UPSTREAM;
        case 503: return GWP_E_BUSY;
        default: return httpStatus(error.code()) < 500 ? GWP_E_INVALID : GWP_E_INTERNAL;
    }
}

}  // namespace

bool isRefusal(const ErrorSlot& slot) noexcept {
    if (slot.http_status != 0) return slot.filled() && slot.http_status >= 400 && slot.http_status < 500;
    return slot.status == GWP_E_DENIED || slot.status == GWP_E_LIMIT;
}

Error middlewareError(const ErrorSlot& slot, gwp_status returned, std::string_view instance, std::string_view phase) {
    auto detail = detailOf(slot, returned, instance, phase);
    // What broke inside a plugin is for the operator: its words may hold an exception's text.
    const bool broke = !slot.filled() || (slot.status == GWP_E_INTERNAL && slot.http_status == 0);
    if (broke)
        return Error(ErrorCode::PluginUnavailable, "the middleware '" + std::string(instance) + "' failed",
                     std::move(detail));
    return build(codeOf(slot), slot, "refused by the middleware '" + std::string(instance) + "'", std::move(detail));
}

Error stopError(const ErrorSlot& slot, std::string_view instance) {
    const auto code = slot.filled() ? codeOf(slot) : ErrorCode::ContentFiltered;
    return build(code, slot, "the answer was stopped by the operator's policy",
                 detailOf(slot, slot.status, instance, "on_event"));
}

void fillSlot(ErrorSlot& slot, const Error& error) {
    const auto type = error.providerCode().empty() ? codeName(error.code()) : std::string_view(error.providerCode());
    const auto retry = error.retryAfter().value_or(std::chrono::milliseconds(0)).count();
    slot.set(statusOf(error), static_cast<std::uint32_t>(httpStatus(error.code())), retry, type, error.what());
}

void readSlot(const ErrorSlot& slot, const ErrorSlot& before, std::string_view instance, Error& error) {
    const bool same_code = slot.status == before.status && slot.type == before.type &&
                           (slot.http_status == 0 || slot.http_status == before.http_status);
    if (same_code && slot.text == before.text && slot.retry_after_ms == before.retry_after_ms) return;
    auto detail = error.detail() + "; rewritten by " + std::string(instance);
    auto rewritten = build(same_code ? error.code() : codeOf(slot), slot, error.what(), std::move(detail));
    if (same_code && error.providerCode().empty()) rewritten.withProviderCode({});
    if (!error.param().empty()) rewritten.withParam(error.param());
    error = std::move(rewritten);
}

}  // namespace gw::plugin_host
