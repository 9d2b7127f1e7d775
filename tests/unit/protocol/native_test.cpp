#include <string>
#include <vector>

#include "base/error.h"
#include "protocol/native_codec.h"
#include "protocol/native_stream.h"
#include "protocol/openai_codec.h"
#include "tests/support/catch.h"

using gw::Error;
using gw::ErrorCode;
using namespace gw::protocol;

namespace {

std::string refused(const std::string& body) {
    try {
        static_cast<void>(parseNativeChatRequest(body));
    } catch (const Error& error) {
        return (error.code() == ErrorCode::UnknownField ? "unknown " : "invalid ") + error.param();
    }
    return "accepted";
}

}  // namespace

TEST_CASE("a native chat request is read", "[protocol][native]") {
    const auto plain = parseNativeChatRequest(R"({"message":"he\"y\n"})");
    CHECK(plain.session_id.empty());
    CHECK(plain.content == R"("he\"y\n")");
    CHECK(plain.text == "he\"y\n");
    CHECK_FALSE(plain.stream);
    const auto full = parseNativeChatRequest(
        R"({"session_id":"sess_1","stream":true,"config":{"temperature":0.5,"stop":["x"]},"message":[)"
        R"({"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"data:x","detail":"low"}},{"type":"text","text":"b"}]})");
    CHECK(full.session_id == "sess_1");
    CHECK(full.text == "a\nb");
    CHECK(full.has_images);
    CHECK(full.stream);
    CHECK(full.config == R"({"temperature":0.5,"stop":["x"]})");
    CHECK(full.content.starts_with(R"([{"type":"text")"));
    CHECK(refused(R"({"message":"a","session_id":null,"config":null,"stream":null})") == "accepted");
}

TEST_CASE("a native chat request with a wrong or unknown field is refused by its name", "[protocol][native]") {
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"", "invalid "},
        {"[]", "invalid "},
        {"{}", "invalid message"},
        {R"({"message":""})", "invalid message"},
        {R"({"message":[]})", "invalid message"},
        {R"({"message":{"role":"user"}})", "invalid message"},
        {R"({"message":null})", "invalid message"},
        {R"({"message":["a"]})", "invalid message[0]"},
        {R"({"message":[{"type":"audio"}]})", "invalid message[0].type"},
        {R"({"message":[{"type":"text","text":"a"},{"type":"text"}]})", "invalid message[1].text"},
        {R"({"message":[{"type":"text","text":"a","x":1}]})", "unknown message[0].x"},
        {R"({"message":[{"type":"image_url","image_url":"u"}]})", "invalid message[0].image_url"},
        {R"({"message":[{"type":"image_url","image_url":{}}]})", "invalid message[0].image_url.url"},
        {R"({"message":[{"type":"image_url","image_url":{"url":"u","size":1}}]})", "unknown message[0].image_url.size"},
        {R"({"message":[{"type":"image_url","image_url":{"url":"u","detail":1}}]})",
         "invalid message[0].image_url.detail"},
        {R"({"message":"a","model":"m"})", "unknown model"},
        {R"({"message":"a","Stream":true})", "unknown Stream"},
        {R"({"message":"a","message":"b"})", "invalid message"},
        {R"({"message":"a","stream":"yes"})", "invalid stream"},
        {R"({"message":"a","session_id":5})", "invalid session_id"},
        {R"({"message":"a","session_id":""})", "invalid session_id"},
        {R"({"message":"a","config":[]})", "invalid config"},
        {R"({"message":"a","config":{"temperature":"hot"}})", "invalid config.temperature"},
        {R"({"message":"a","config":{"max_tokens":0}})", "invalid config.max_tokens"},
        {R"({"message":"a","config":{"top_p":"x"}})", "invalid config.top_p"},
        {R"({"message":"a","config":{"model":"m"}})", "invalid config.model"},
        {R"({"message":"a","config":{"messages":[]}})", "invalid config.messages"},
        {R"({"message":"a","config":{"stream":true}})", "invalid config.stream"},
        {R"({"message":"a","config":{"stop":1,"stop":2}})", "invalid config.stop"},
    };
    for (const auto& [body, wanted] : cases) {
        INFO(body);
        CHECK(refused(body) == wanted);
    }
}

TEST_CASE("a session's configuration is checked the same way", "[protocol][native]") {
    CHECK_NOTHROW(checkChatConfig(R"({"temperature":1,"x":null})", "config"));
    CHECK_THROWS_AS(checkChatConfig("{", "config"), Error);
    CHECK_THROWS_AS(checkChatConfig(R"({"n":2})", "config"), Error);
}

TEST_CASE("a turn becomes the canonical request", "[protocol][native]") {
    const std::string request = encodeChatTurn({.model = "p/m",
                                                .system_prompt = "Be \"brief\"",
                                                .history = {{"user", "\"q\""}, {"assistant", "\"a\\n\""}},
                                                .content = R"([{"type":"text","text":"x"}])",
                                                .session_config = R"({"temperature":0.5,"top_p":1,"stop":null})",
                                                .config = R"({"temperature":0.1,"top_p":null})",
                                                .stream = true});
    CHECK(request ==
          R"({"model":"p/m","messages":[{"role":"system","content":"Be \"brief\""},{"role":"user","content":"q"},)"
          R"({"role":"assistant","content":"a\n"},{"role":"user","content":[{"type":"text","text":"x"}]}],)"
          R"("temperature":0.1,"stream":true,"stream_options":{"include_usage":true}})");
    CHECK(parseChatRequest(request).include_usage);
    CHECK(encodeChatTurn({.model = "m",
                          .system_prompt = {},
                          .history = {},
                          .content = "\"x\"",
                          .session_config = {},
                          .config = {}}) == R"({"model":"m","messages":[{"role":"user","content":"x"}]})");
}

TEST_CASE("the native stream is start, deltas and end, numbered", "[protocol][native]") {
    const Usage usage{.input = 2, .output = 3, .reasoning = 1};
    NativeStream stream("sess_1", "msg_1");
    std::string out;
    stream.start("first", "m0");
    stream.encode({.kind = EventKind::Start, .id = "x", .name = "m0-real"}, out);
    CHECK(out.empty());
    stream.start("p", "m");
    stream.encode({.kind = EventKind::Reasoning, .text = "hm"}, out);
    CHECK(stream.begun());
    stream.encode({.kind = EventKind::Text, .text = "a\n"}, out);
    stream.encode({.kind = EventKind::ToolStart, .block = 4, .id = "c", .name = "f"}, out);
    stream.encode({.kind = EventKind::ToolArgs, .block = 4, .text = "{}"}, out);
    stream.encode({.kind = EventKind::Usage, .usage = &usage}, out);
    stream.encode({.kind = EventKind::Finish, .name = "stop"}, out);
    stream.finish(out);
    CHECK(out ==
          "id: 1\nevent: start\ndata: "
          "{\"session_id\":\"sess_1\",\"message_id\":\"msg_1\",\"model\":\"m\",\"provider\":\"p\"}\n\n"
          "id: 2\nevent: delta\ndata: {\"reasoning\":\"hm\"}\n\n"
          "id: 3\nevent: delta\ndata: {\"content\":\"a\\n\"}\n\n"
          "id: 4\nevent: delta\ndata: {\"tool_call\":{\"index\":0,\"id\":\"c\",\"name\":\"f\"}}\n\n"
          "id: 5\nevent: delta\ndata: {\"tool_call\":{\"index\":0,\"arguments\":\"{}\"}}\n\n"
          "id: 6\nevent: end\ndata: {\"message_id\":\"msg_1\",\"finish_reason\":\"stop\",\"usage\":{\"input_tokens\":2,"
          "\"output_tokens\":3,\"total_tokens\":5,\"reasoning_tokens\":1}}\n\n");
    std::string failed;
    NativeStream other("s", "m");
    other.fail("{\"error\":{}}", failed);
    CHECK(failed == "id: 1\nevent: error\ndata: {\"error\":{}}\n\n");
    std::string empty;
    NativeStream silent("s", "m");
    silent.start("p", "m");
    silent.finish(empty);
    CHECK(empty.starts_with("id: 1\nevent: start\n"));
    CHECK(empty.find("\"usage\":null") != std::string::npos);
}

TEST_CASE("the whole native answer", "[protocol][native]") {
    const Usage usage{.input = 2, .output = 3};
    ChatAggregate answer;
    answer.onEvent({.kind = EventKind::Text, .text = "hi"});
    answer.onEvent({.kind = EventKind::Finish, .name = "stop"});
    answer.onEvent({.kind = EventKind::Usage, .usage = &usage});
    CHECK(
        encodeNativeAnswer(
            answer,
            {.session_id = "s", .message_id = "m", .model = "mo", .provider = "p", .created_at = gw::WallTime{}}) ==
        R"({"session_id":"s","message":{"id":"m","role":"assistant","content":"hi","model":"mo","provider":"p","status":"complete",)"
        R"("finish_reason":"stop","usage":{"input_tokens":2,"output_tokens":3,"total_tokens":5},"created_at":"1970-01-01T00:00:00.000Z"},)"
        R"("usage":{"input_tokens":2,"output_tokens":3,"total_tokens":5}})");
}
