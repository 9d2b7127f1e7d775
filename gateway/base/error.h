#pragma once
#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace gw {

/// Why a request is over. The closed list of codes that clients may see; docs/api.md explains each.
enum class ErrorCode {
    InvalidRequest,         // 400 malformed JSON, wrong type, bad parameter
    UnknownField,           // 400 a field this route does not know
    ContextLengthExceeded,  // 400 the prompt does not fit the model
    ContentFiltered,        // 400 refused by the provider's or an operator's policy
    Unauthenticated,        // 401
    Forbidden,              // 403 role, scope or model list
    NotFound,               // 404
    ModelNotFound,          // 404 no provider serves this model
    SessionNotFound,        // 404
    MethodNotAllowed,       // 405 with Allow
    NotAcceptable,          // 406
    RequestTimeout,         // 408 head or body too slow
    Conflict,               // 409
    TurnInProgress,         // 409 a turn is already running in this session
    IdempotencyConflict,    // 409 key reused with another body, or still running
    PayloadTooLarge,        // 413
    UriTooLong,             // 414
    UnsupportedMediaType,   // 415
    ExpectationFailed,      // 417
    Unprocessable,          // 422 understood but impossible
    RateLimited,            // 429
    InsufficientQuota,      // 429, x-should-retry: false
    HeadTooLarge,           // 431
    Internal,               // 500
    NotImplemented,         // 501 unknown transfer coding
    UpstreamError,          // 502 the provider answered wrongly
    UpstreamTruncated,      // 502 the provider's answer ended before its end
    UpstreamAuth,           // 502 the provider refused the gateway's own credential
    PluginUnavailable,      // 503 names the instance
    Unavailable,            // 503 nobody can serve it now
    ShuttingDown,           // 503
    UpstreamTimeout,        // 504
    HttpVersion,            // 505
    StorageFull,            // 507
};

/// The HTTP status of a code, and its name as clients read it ("session_not_found"). [any]
[[nodiscard]] int httpStatus(ErrorCode code) noexcept;
[[nodiscard]] std::string_view codeName(ErrorCode code) noexcept;

/// The one exception of the gateway: "this request is over". what() may be shown to the client; detail() is for the
/// log only. [any]
class Error : public std::runtime_error {
public:
    explicit Error(ErrorCode code, const std::string& message, std::string detail = {});

    [[nodiscard]] ErrorCode code() const noexcept { return code_; }
    [[nodiscard]] const std::string& detail() const noexcept { return detail_; }

    /// The request field that is wrong, as the client wrote it ("messages[0].content"); may be empty.
    [[nodiscard]] const std::string& param() const noexcept { return param_; }
    Error& withParam(std::string param);
    /// When the client may try again; absent: the status decides.
    [[nodiscard]] std::optional<std::chrono::milliseconds> retryAfter() const noexcept { return retry_after_; }
    Error& withRetryAfter(std::chrono::milliseconds wait);
    /// A provider's own error code or type, handed on to the client instead of codeName(); may be empty.
    [[nodiscard]] const std::string& providerCode() const noexcept { return provider_code_; }
    Error& withProviderCode(std::string code);

private:
    ErrorCode code_;
    std::string detail_;
    std::string param_;
    std::string provider_code_;
    std::optional<std::chrono::milliseconds> retry_after_;
};

}  // namespace gw
