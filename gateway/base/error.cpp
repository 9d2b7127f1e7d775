#include "base/error.h"

#include <array>
#include <utility>

namespace gw {
namespace {

struct CodeRow {
    ErrorCode code;
    int status;
    std::string_view name;
};

// In the order of the enum, so that the code is the index.
constexpr std::array kCodes{
    CodeRow{ErrorCode::InvalidRequest, 400, "invalid_request"},
    CodeRow{ErrorCode::UnknownField, 400, "unknown_field"},
    CodeRow{ErrorCode::ContextLengthExceeded, 400, "context_length_exceeded"},
    CodeRow{ErrorCode::ContentFiltered, 400, "content_filter"},
    CodeRow{ErrorCode::Unauthenticated, 401, "invalid_api_key"},
    CodeRow{ErrorCode::Forbidden, 403, "forbidden"},
    CodeRow{ErrorCode::NotFound, 404, "not_found"},
    CodeRow{ErrorCode::ModelNotFound, 404, "model_not_found"},
    CodeRow{ErrorCode::SessionNotFound, 404, "session_not_found"},
    CodeRow{ErrorCode::MethodNotAllowed, 405, "method_not_allowed"},
    CodeRow{ErrorCode::NotAcceptable, 406, "not_acceptable"},
    CodeRow{ErrorCode::RequestTimeout, 408, "request_timeout"},
    CodeRow{ErrorCode::Conflict, 409, "conflict"},
    CodeRow{ErrorCode::TurnInProgress, 409, "turn_in_progress"},
    CodeRow{ErrorCode::IdempotencyConflict, 409, "idempotency_conflict"},
    CodeRow{ErrorCode::PayloadTooLarge, 413, "payload_too_large"},
    CodeRow{ErrorCode::UriTooLong, 414, "uri_too_long"},
    CodeRow{ErrorCode::UnsupportedMediaType, 415, "unsupported_media_type"},
    CodeRow{ErrorCode::ExpectationFailed, 417, "expectation_failed"},
    CodeRow{ErrorCode::Unprocessable, 422, "unprocessable"},
    CodeRow{ErrorCode::RateLimited, 429, "rate_limit_exceeded"},
    CodeRow{ErrorCode::InsufficientQuota, 429, "insufficient_quota"},
    CodeRow{ErrorCode::HeadTooLarge, 431, "head_too_large"},
    CodeRow{ErrorCode::Internal, 500, "internal_error"},
    CodeRow{ErrorCode::NotImplemented, 501, "not_implemented"},
    CodeRow{ErrorCode::UpstreamError, 502, "upstream_error"},
    CodeRow{ErrorCode::UpstreamTruncated, 502, "upstream_truncated"},
    CodeRow{ErrorCode::UpstreamAuth, 502, "upstream_auth"},
    CodeRow{ErrorCode::PluginUnavailable, 503, "plugin_unavailable"},
    CodeRow{ErrorCode::Unavailable, 503, "unavailable"},
    CodeRow{ErrorCode::ShuttingDown, 503, "shutting_down"},
    CodeRow{ErrorCode::UpstreamTimeout, 504, "upstream_timeout"},
    CodeRow{ErrorCode::HttpVersion, 505, "http_version_not_supported"},
    CodeRow{ErrorCode::StorageFull, 507, "storage_full"},
};

constexpr bool rowsFollowTheEnum() {
    for (std::size_t i = 0; i < kCodes.size(); ++i)
        if (static_cast<std::size_t>(kCodes[i].code) != i) return false;
    return static_cast<std::size_t>(ErrorCode::StorageFull) + 1 == kCodes.size();
}
static_assert(rowsFollowTheEnum());

const CodeRow& row(ErrorCode code) noexcept {
    return kCodes[static_cast<std::size_t>(code)];
}

}  // namespace

int httpStatus(ErrorCode code) noexcept {
    return row(code).status;
}
std::string_view codeName(ErrorCode code) noexcept {
    return row(code).name;
}

Error::Error(ErrorCode code, const std::string& message, std::string detail)
    : std::runtime_error(message), code_(code), detail_(std::move(detail)) {}

Error& Error::withParam(std::string param) {
    param_ = std::move(param);
    return *this;
}

Error& Error::withRetryAfter(std::chrono::milliseconds wait) {
    retry_after_ = wait;
    return *this;
}

Error& Error::withProviderCode(std::string code) {
    provider_code_ = std::move(code);
    return *this;
}

}  // namespace gw
