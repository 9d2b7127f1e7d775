#include "http/error_codec.h"

#include "base/text.h"

namespace gw::http {
namespace {

/// OpenAI's own classes; its SDKs choose their exception by status and show this.
std::string_view openAiType(const Error& error) noexcept {
    switch (const int status = httpStatus(error.code())) {
        case 403: return "permission_error";
        case 429: return codeName(error.code());
        case 502:
        case 504: return "upstream_error";
        default: return status >= 500 ? "server_error" : "invalid_request_error";
    }
}

std::string encodeOpenAi(const Error& error) {
    std::string json = R"({"error":{"message":)";
    appendJsonString(json, error.what());
    json += R"(,"type":")";
    json += openAiType(error);
    json += R"(","param":)";
    if (error.param().empty())
        json += "null";
    else
        appendJsonString(json, error.param());
    json += R"(,"code":)";
    appendJsonString(json,
                     error.providerCode().empty() ? codeName(error.code()) : std::string_view(error.providerCode()));
    return json + "}}";
}

std::string encodeNative(const Error& error, const RequestId& id) {
    std::string json = R"({"error":{"code":")";
    json += codeName(error.code());
    json += R"(","message":)";
    appendJsonString(json, error.what());
    json += R"(,"request_id":)";
    appendJsonString(json, id.str());
    json += R"(,"details":{)";
    if (!error.param().empty()) {
        json += R"("param":)";
        appendJsonString(json, error.param());
    }
    if (!error.providerCode().empty()) {
        json += error.param().empty() ? R"("provider_code":)" : R"(,"provider_code":)";
        appendJsonString(json, error.providerCode());
    }
    return json + "}}}";
}

}  // namespace

Door doorOf(std::string_view path) noexcept {
    return path == "/v1" || path.starts_with("/v1/") ? Door::OpenAi : Door::Native;
}

std::string encodeError(const Error& error, Door door, const RequestId& id) {
    return door == Door::OpenAi ? encodeOpenAi(error) : encodeNative(error, id);
}

std::string encodeErrorEvent(const Error& error, Door door, const RequestId& id) {
    const std::string json = encodeError(error, door, id);
    return (door == Door::OpenAi ? "data: " : "event: error\ndata: ") + json + "\n\n";
}

}  // namespace gw::http
