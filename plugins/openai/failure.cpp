#include "failure.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

#include "retry_hint.h"

namespace openai {
namespace {

constexpr std::size_t kMessageLimit = 1000;

/// The parts of an error, wherever its body keeps them.
struct Told {
    std::uint32_t status = 0;
    std::string_view code, type, message;
};

enum class Cause : std::uint8_t {
    None,
    Quota,
    Context,
    Filtered,
    Key,
    Model,
    Rate,
    Overload,
    Permission,
    TooLarge,
    Request,
    Timeout,
    Server,
};

struct Verdict {
    Cause cause;
    std::uint32_t status;
    bool retry;
    std::string_view type;
};

constexpr std::array<Verdict, 13> kVerdicts{{
    {Cause::None, 502, true, "upstream_error"},
    {Cause::Quota, 429, false, "insufficient_quota"},
    {Cause::Context, 400, false, "context_length_exceeded"},
    {Cause::Filtered, 400, false, "content_filter"},
    {Cause::Key, 401, false, "invalid_api_key"},
    {Cause::Model, 404, false, "model_not_found"},
    {Cause::Rate, 429, true, "rate_limit_exceeded"},
    {Cause::Overload, 503, true, "overloaded"},
    {Cause::Permission, 403, false, "permission_denied"},
    {Cause::TooLarge, 413, false, "request_too_large"},
    {Cause::Request, 400, false, "invalid_request_error"},
    {Cause::Timeout, 504, true, "timeout"},
    {Cause::Server, 502, true, "server_error"},
}};

/// Names and numbers by which vendors say it: OpenAI, Azure, DeepSeek, Moonshot, Zhipu, DashScope, vLLM, OpenRouter.
struct Name {
    std::string_view text;
    Cause cause;
};
constexpr std::array<Name, 62> kNames{{
    {"insufficient_quota", Cause::Quota},
    {"exceeded_current_quota_error", Cause::Quota},
    {"billing_not_active", Cause::Quota},
    {"billing_hard_limit_reached", Cause::Quota},
    {"insufficient_balance", Cause::Quota},
    {"payment_required", Cause::Quota},
    {"Arrearage", Cause::Quota},
    {"AllocationQuota.FreeTierOnly", Cause::Quota},
    {"1112", Cause::Quota},
    {"1113", Cause::Quota},
    {"1121", Cause::Quota},
    {"1304", Cause::Quota},
    {"1308", Cause::Quota},
    {"1309", Cause::Quota},
    {"1310", Cause::Quota},
    {"1311", Cause::Quota},
    {"context_length_exceeded", Cause::Context},
    {"string_above_max_length", Cause::Context},
    {"1261", Cause::Context},
    {"content_filter", Cause::Filtered},
    {"content_policy_violation", Cause::Filtered},
    {"ResponsibleAIPolicyViolation", Cause::Filtered},
    {"invalid_prompt", Cause::Filtered},
    {"data_inspection_failed", Cause::Filtered},
    {"DataInspectionFailed", Cause::Filtered},
    {"1301", Cause::Filtered},
    {"invalid_api_key", Cause::Key},
    {"InvalidApiKey", Cause::Key},
    {"authentication_error", Cause::Key},
    {"invalid_authentication_error", Cause::Key},
    {"incorrect_api_key_error", Cause::Key},
    {"1000", Cause::Key},
    {"1001", Cause::Key},
    {"1002", Cause::Key},
    {"1003", Cause::Key},
    {"1004", Cause::Key},
    {"model_not_found", Cause::Model},
    {"ModelNotFound", Cause::Model},
    {"DeploymentNotFound", Cause::Model},
    {"1211", Cause::Model},
    {"engine_overloaded_error", Cause::Overload},
    {"overloaded_error", Cause::Overload},
    {"service_unavailable_error", Cause::Overload},
    {"provider_overloaded", Cause::Overload},
    {"1305", Cause::Overload},
    {"1312", Cause::Overload},
    {"rate_limit_exceeded", Cause::Rate},
    {"rate_limit_error", Cause::Rate},
    {"rate_limit_reached_error", Cause::Rate},
    {"Throttling", Cause::Rate},
    {"Throttling.RateQuota", Cause::Rate},
    {"1302", Cause::Rate},
    {"1303", Cause::Rate},
    {"permission_denied_error", Cause::Permission},
    {"unsupported_country_region_territory", Cause::Permission},
    {"invalid_request_error", Cause::Request},
    {"BadRequestError", Cause::Request},
    {"1210", Cause::Request},
    {"1214", Cause::Request},
    {"server_error", Cause::Server},
    {"InternalServerError", Cause::Server},
    {"1234", Cause::Server},
}};

/// Phrases for those who give a name to nothing; only asked where the name says no more than "bad request" or "limit".
constexpr std::array<Name, 13> kPhrases{{
    {"insufficient balance", Cause::Quota},
    {"exceeded your current quota", Cause::Quota},
    {"credit balance", Cause::Quota},
    {"requires more credits", Cause::Quota},
    {"maximum context length", Cause::Context},
    {"context window", Cause::Context},
    {"context size", Cause::Context},
    {"prompt is too long", Cause::Context},
    {"input is too long", Cause::Context},
    {"range of input length", Cause::Context},
    {"content exists risk", Cause::Filtered},
    {"content management policy", Cause::Filtered},
    {"inappropriate content", Cause::Filtered},
}};

Cause causeOfName(std::string_view name) {
    const auto* found = std::ranges::find(kNames, name, &Name::text);
    return found != kNames.end() ? found->cause : Cause::None;
}

Cause causeOfPhrase(std::string_view message) {
    std::string lower(message.substr(0, kMessageLimit));
    std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    for (const Name& phrase : kPhrases)
        if (lower.find(phrase.text) != std::string::npos) return phrase.cause;
    return Cause::None;
}

Cause causeOfNotFound(const Told& told) {
    const bool model = told.message.find("odel") != std::string_view::npos ||
                       told.message.find("eployment") != std::string_view::npos || told.type == "NotFoundError";
    return model ? Cause::Model : Cause::Server;  // another thing not found: a wrong base URL, no fault of the client
}

Cause causeOfStatus(const Told& told) {
    switch (told.status) {
        case 0: return Cause::None;
        case 401: return Cause::Key;
        case 402: return Cause::Quota;
        case 403: return Cause::Permission;
        case 404: return causeOfNotFound(told);
        case 408:
        case 504:
        case 524: return Cause::Timeout;
        case 413: return Cause::TooLarge;
        case 429:
        case 434: return Cause::Rate;
        case 503:
        case 529: return Cause::Overload;
        default: return told.status >= 400 && told.status < 500 ? Cause::Request : Cause::Server;
    }
}

/// Names that only say whose fault it is; a status or a phrase tells more.
bool isVague(Cause cause) {
    return cause == Cause::None || cause == Cause::Request || cause == Cause::Server;
}

Cause causeOf(const Told& told) {
    const Cause by_code = causeOfName(told.code);
    const Cause by_type = causeOfName(told.type);
    const Cause named = isVague(by_code) ? (isVague(by_type) && by_code != Cause::None ? by_code : by_type) : by_code;
    const Cause by_status = causeOfStatus(told);
    const bool words_may_tell = isVague(named) || named == Cause::Rate || named == Cause::Permission;
    const Cause phrased = words_may_tell && by_status != Cause::Key ? causeOfPhrase(told.message) : Cause::None;
    if (phrased != Cause::None) return phrased;
    if (!isVague(named)) return named;
    return by_status != Cause::None ? by_status : named;
}

/// A status hidden in a code that is a number, or text made of digits.
std::uint32_t statusOfCode(std::string_view code) {
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(code.data(), code.data() + code.size(), number);
    const bool whole = error == std::errc() && end == code.data() + code.size();
    return whole && number >= 400 && number < 600 ? number : 0;
}

std::string_view detailText(Json detail) {
    if (detail.isString()) return detail.str();
    if (detail.isArray() && detail.size() > 0) return detail.item(0).at("/msg").str();
    return {};
}

Told readTold(std::uint32_t status, Json body) {
    if (body.isArray() && body.size() > 0) body = body.item(0);
    Json error = body.at("/error");
    Told told;
    if (error.isString()) {
        told.message = error.str();
        error = body;  // {"error":"text","code":...}
    } else if (!error.isObject()) {
        error = body;
    }
    told.code = error.at("/code").scalar();
    told.type = error.at("/type").str();
    if (told.type.empty()) told.type = error.at("/metadata/error_type").str();
    if (told.message.empty()) told.message = error.at("/message").str();
    if (told.message.empty()) told.message = detailText(body.at("/detail"));
    if (told.message.empty()) told.message = error.at("/msg").str();
    told.status = status >= 400 ? status : statusOfCode(told.code);
    return told;
}

std::string_view cutAtCharacter(std::string_view text) {
    if (text.size() <= kMessageLimit) return text;
    std::size_t end = kMessageLimit;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
    return text.substr(0, end);
}

std::string messageFor(Cause cause, std::string_view told) {
    // What a provider says about the gateway's own account may quote its key and is not for clients.
    if (cause == Cause::Key) return "The provider refused the gateway's credential.";
    if (cause == Cause::Permission) return "The provider does not allow this to the gateway's account.";
    if (cause == Cause::Quota) return "The gateway's account with the provider is used up.";
    if (told.empty()) return "The provider answered with an error.";
    return std::string(cutAtCharacter(told));
}

Failure failureOf(const Told& told, std::int64_t hint_ms) {
    const Cause cause = causeOf(told);
    const Verdict& verdict = kVerdicts[static_cast<std::size_t>(cause)];
    Failure failure;
    failure.status = verdict.status;
    if (cause == Cause::Request && told.status == 422) failure.status = 422;
    failure.type = verdict.type;
    failure.message = messageFor(cause, told.message);
    if (!verdict.retry)
        failure.retry_ms = -1;
    else
        failure.retry_ms = hint_ms > 0 ? hint_ms : retryHintOfText(told.message);
    return failure;
}

}  // namespace

Failure classify(std::uint32_t status, Json body, std::int64_t hint_ms) {
    return failureOf(readTold(status, body), hint_ms);
}

Failure classifyText(std::uint32_t status, std::string_view body, std::int64_t hint_ms) {
    Told told;
    told.status = status;
    const bool markup = body.find('<') != std::string_view::npos;
    if (!markup) told.message = body;
    return failureOf(told, hint_ms);
}

Failure truncated() {
    Failure failure;
    failure.type = "upstream_truncated";
    failure.message = "The provider's answer ended before its end.";
    return failure;
}

Failure brokenOff(std::string_view reason) {
    Failure failure;
    failure.type = "upstream_error";
    failure.message = "The provider broke off: ";
    failure.message += cutAtCharacter(reason);
    return failure;
}

void fail(const Failure& failure) {
    throw gwp::error(failure.code, failure.message, std::string(failure.type), failure.status, failure.retry_ms);
}

}  // namespace openai
