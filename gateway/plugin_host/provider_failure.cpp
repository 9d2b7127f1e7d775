#include "plugin_host/provider_failure.h"

#include <algorithm>
#include <array>
#include <string>

#include "plugin_host/host_services.h"

namespace gw::plugin_host {
namespace {

struct TypeRow {
    std::string_view type;
    ErrorCode code;
};

/// The vocabulary of error_set's `type` that the core understands (docs/plugin-guide.md); the status decides for
/// others.
constexpr std::array kTypes{
    TypeRow{"context_length_exceeded", ErrorCode::ContextLengthExceeded},
    TypeRow{"content_filter", ErrorCode::ContentFiltered},
    TypeRow{"model_not_found", ErrorCode::ModelNotFound},
    TypeRow{"insufficient_quota", ErrorCode::InsufficientQuota},
    TypeRow{"rate_limit_exceeded", ErrorCode::RateLimited},
    TypeRow{"overloaded", ErrorCode::Unavailable},
    TypeRow{"invalid_api_key", ErrorCode::UpstreamAuth},
    TypeRow{"permission_denied", ErrorCode::UpstreamAuth},
    TypeRow{"upstream_truncated", ErrorCode::UpstreamTruncated},
    TypeRow{"truncated", ErrorCode::UpstreamTruncated},
    TypeRow{"timeout", ErrorCode::UpstreamTimeout},
};

ErrorCode codeOfStatus(std::uint32_t http) {
    switch (http) {
        case 400:
        case 422: return http == 422 ? ErrorCode::Unprocessable : ErrorCode::InvalidRequest;
        // The gateway's own credential was refused: the client's is fine, and must not be told otherwise.
        case 401:
        case 403: return ErrorCode::UpstreamAuth;
        case 404: return ErrorCode::ModelNotFound;
        case 408:
        case 504: return ErrorCode::UpstreamTimeout;
        case 413: return ErrorCode::PayloadTooLarge;
        case 429: return ErrorCode::RateLimited;
        case 503:
        case 529: return ErrorCode::Unavailable;
        default: return http >= 400 && http < 500 ? ErrorCode::InvalidRequest : ErrorCode::UpstreamError;
    }
}

ErrorCode codeOfReturned(gwp_status returned) {
    switch (returned) {
        case GWP_E_TIMEOUT: return ErrorCode::UpstreamTimeout;
        case GWP_E_BUSY: return ErrorCode::Unavailable;
        case GWP_E_UNSUPPORTED: return ErrorCode::Unprocessable;
        case GWP_E_NOT_FOUND: return ErrorCode::ModelNotFound;
        case GWP_E_DENIED: return ErrorCode::ContentFiltered;
        case GWP_E_LIMIT: return ErrorCode::PayloadTooLarge;
        default: return ErrorCode::UpstreamError;
    }
}

/// An upstream that says "in a year" says "no", and the number must not overflow ours.
constexpr std::int64_t kLongestRetryMillis = 3'600'000;

bool isKnownError(gwp_status status) {
    return status <= GWP_E_INTERNAL && status >= GWP_E_UPSTREAM;
}

ErrorCode codeOf(const ErrorSlot& slot, gwp_status returned) {
    for (const auto& row : kTypes)
        if (row.type == slot.type) return row.code;
    return slot.http_status != 0 ? codeOfStatus(slot.http_status) : codeOfReturned(returned);
}

}  // namespace

Error ProviderFailure::toError() const {
    Error error(code, message.empty() ? "the provider failed" : message, detail);
    if (retry_after.count() > 0) error.withRetryAfter(retry_after);
    if (!provider_code.empty()) error.withProviderCode(provider_code);
    return error;
}

ProviderFailure misbehaved(const InstanceContext& context, std::string_view phase, std::string_view what) {
    ProviderFailure failure;
    failure.code = ErrorCode::PluginUnavailable;
    failure.retryable = true;  // another candidate may do better
    failure.message = "the provider plugin failed";
    failure.detail = context.name + " " + std::string(phase) + ": " + redacted(context, what);
    return failure;
}

ProviderFailure failureOf(const ErrorSlot& slot, gwp_status returned, const InstanceContext& context,
                          std::string_view phase) {
    if (!isKnownError(returned)) return misbehaved(context, phase, slot.words(returned));
    ProviderFailure failure;
    failure.detail = context.name + " " + std::string(phase) + ": " + redacted(context, slot.words(returned));
    if (!slot.filled()) {
        // A bare status: the plugin broke its own contract, so another candidate may do better.
        failure.code = codeOfReturned(returned);
        failure.retryable = true;
        failure.message = "the provider plugin failed";
        return failure;
    }
    failure.code = codeOf(slot, returned);
    failure.upstream_status = static_cast<int>(slot.http_status);
    failure.retryable = slot.retry_after_ms >= 0;
    if (slot.retry_after_ms > 0)
        failure.retry_after = std::chrono::milliseconds(std::min(slot.retry_after_ms, kLongestRetryMillis));
    if (failure.code == ErrorCode::UpstreamAuth) {
        // Its words may quote the key, and its code would tell the client that the client's own is bad.
        failure.message = "the provider refused the gateway's credential";
        return failure;
    }
    failure.provider_code = slot.type;
    failure.message = redacted(context, slot.text);
    return failure;
}

}  // namespace gw::plugin_host
