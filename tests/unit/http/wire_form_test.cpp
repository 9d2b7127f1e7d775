#include <chrono>

#include "base/error.h"
#include "http/access_log.h"
#include "http/error_codec.h"
#include "http/status_line.h"
#include "tests/support/catch.h"

using namespace gw;
using namespace gw::http;
using namespace std::chrono_literals;

TEST_CASE("each door gets an error in its own form", "[http]") {
    const RequestId id("req_1");
    const auto error =
        Error(ErrorCode::InvalidRequest, "bad \"temperature\"", "secret detail").withParam("temperature");
    CHECK(
        encodeError(error, Door::OpenAi, id) ==
        R"({"error":{"message":"bad \"temperature\"","type":"invalid_request_error","param":"temperature","code":"invalid_request"}})");
    CHECK(
        encodeError(error, Door::Native, id) ==
        R"({"error":{"code":"invalid_request","message":"bad \"temperature\"","request_id":"req_1","details":{"param":"temperature"}}})");
    const Error late(ErrorCode::UpstreamTruncated, "cut");
    CHECK(encodeErrorEvent(late, Door::OpenAi, id) ==
          "data: "
          "{\"error\":{\"message\":\"cut\",\"type\":\"upstream_error\",\"param\":null,\"code\":\"upstream_truncated\"}}"
          "\n\n");
    CHECK(encodeErrorEvent(late, Door::Native, id).starts_with("event: error\ndata: {\"error\":{"));
}

TEST_CASE("OpenAI's classes of errors", "[http]") {
    const auto type = [](ErrorCode code) {
        const std::string json = encodeError(Error(code, "x"), Door::OpenAi, RequestId("r"));
        const auto from = json.find("\"type\":\"") + 8;
        return json.substr(from, json.find('"', from) - from);
    };
    CHECK(type(ErrorCode::Unauthenticated) == "invalid_request_error");
    CHECK(type(ErrorCode::ModelNotFound) == "invalid_request_error");
    CHECK(type(ErrorCode::Forbidden) == "permission_error");
    CHECK(type(ErrorCode::RateLimited) == "rate_limit_exceeded");
    CHECK(type(ErrorCode::InsufficientQuota) == "insufficient_quota");
    CHECK(type(ErrorCode::Internal) == "server_error");
    CHECK(type(ErrorCode::Unavailable) == "server_error");
    CHECK(type(ErrorCode::UpstreamTimeout) == "upstream_error");
}

TEST_CASE("an access line is one JSON object that nothing in the request can break", "[http]") {
    Request request;
    request.id = RequestId("req_1");
    request.method = "GET";
    request.peer = "127.0.0.1";
    request.access.route = "/a\"\n";
    request.access.model = "m";
    request.access.status = 200;
    request.access.output_tokens = 7;
    request.access.bytes_in = 10;
    request.access.bytes_out = 20;
    request.access.outcome = "ok";
    request.access.begun = MonoTime(1s);
    request.access.first_byte = request.access.begun + 1005us;
    request.access.ended = request.access.begun + 12ms;
    CHECK(
        encodeAccess(request, WallTime(0us)) ==
        R"({"ts":"1970-01-01T00:00:00.000Z","log":"access","id":"req_1","method":"GET","route":"/a\"\n","model":"m","status":200,"output_tokens":7,"ttfb_ms":1.005,"total_ms":12.000,"bytes_in":10,"bytes_out":20,"peer":"127.0.0.1","outcome":"ok"})");
}

TEST_CASE("status phrases and dates", "[http]") {
    CHECK(reasonPhrase(200) == "OK");
    CHECK(reasonPhrase(505) == "HTTP Version Not Supported");
    CHECK(reasonPhrase(507) == "Insufficient Storage");
    CHECK(reasonPhrase(299) == "Status");
    CHECK(httpDate().size() == std::string_view("Sun, 06 Nov 1994 08:49:37 GMT").size());
    CHECK(httpDate().ends_with(" GMT"));
}
