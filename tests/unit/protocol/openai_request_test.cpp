#include <string>
#include <vector>

#include "base/error.h"
#include "protocol/openai_codec.h"
#include "tests/support/catch.h"

using gw::Error;
using gw::ErrorCode;
using gw::protocol::ChatRequest;
using gw::protocol::hasImages;
using gw::protocol::JsonDocument;
using gw::protocol::lastUserText;
using gw::protocol::parseChatRequest;
using gw::protocol::parseEmbeddingsRequest;

namespace {

struct Refusal {
    std::string body, param;
};

template <class Parse>
std::string refusedParam(Parse parse, const std::string& body) {
    try {
        static_cast<void>(parse(body));
    } catch (const Error& error) {
        CHECK(error.code() == ErrorCode::InvalidRequest);
        CHECK(std::string_view(error.what()).size() > 10);
        return error.param();
    }
    return "accepted";
}

const std::string kMessages = R"("messages":[{"role":"user","content":"hi"}])";

}  // namespace

TEST_CASE("a chat request tells what the gateway needs", "[protocol][openai]") {
    const std::string body =
        R"({"model":"p/m","messages":[{"role":"user","content":"hi"}],"stream":true,)"
        R"("stream_options":{"include_usage":true},"max_tokens":5,"max_completion_tokens":9,"x":[1]})";
    const ChatRequest request = parseChatRequest(body);
    CHECK(request.document->text() == body);
    CHECK(request.model == "p/m");
    CHECK(request.stream);
    CHECK(request.include_usage);
    CHECK_FALSE(request.has_images);
    CHECK(request.max_tokens == 9);
    const ChatRequest plain = parseChatRequest("{\"model\":\"m\"," + kMessages +
                                               ",\"max_tokens\":5,\"stream\":null,\"stream_options\":null}");
    CHECK_FALSE(plain.stream);
    CHECK_FALSE(plain.include_usage);
    CHECK(plain.max_tokens == 5);
    CHECK_FALSE(parseChatRequest("{\"model\":\"m\"," + kMessages + "}").max_tokens);
}

TEST_CASE("a chat request with a wrong field is refused by its name", "[protocol][openai]") {
    const std::vector<Refusal> cases = {
        {"", ""},
        {"[]", ""},
        {"{\"model\":\"m\"," + kMessages + "} x", ""},
        {"{" + kMessages + "}", "model"},
        {"{\"model\":null," + kMessages + "}", "model"},
        {"{\"model\":\"\"," + kMessages + "}", "model"},
        {"{\"model\":1," + kMessages + "}", "model"},
        {"{\"model\":\"m\"}", "messages"},
        {"{\"model\":\"m\",\"messages\":[]}", "messages"},
        {"{\"model\":\"m\",\"messages\":{}}", "messages"},
        {"{\"model\":\"m\",\"messages\":\"hi\"}", "messages"},
        {"{\"model\":\"m\",\"messages\":[1]}", "messages[0]"},
        {R"({"model":"m","messages":[{"role":"user","content":"a"},{"content":"a"}]})", "messages[1].role"},
        {R"({"model":"m","messages":[{"role":7,"content":"a"}]})", "messages[0].role"},
        {R"({"model":"m","messages":[{"role":"user","content":5}]})", "messages[0].content"},
        {R"({"model":"m","messages":[{"role":"user","content":{}}]})", "messages[0].content"},
        {"{\"model\":\"m\"," + kMessages + ",\"stream\":\"true\"}", "stream"},
        {"{\"model\":\"m\"," + kMessages + ",\"stream\":1}", "stream"},
        {"{\"model\":\"m\"," + kMessages + ",\"stream_options\":{\"include_usage\":true}}", "stream_options"},
        {"{\"model\":\"m\"," + kMessages + ",\"stream\":true,\"stream_options\":[]}", "stream_options"},
        {"{\"model\":\"m\"," + kMessages + ",\"stream\":true,\"stream_options\":{\"include_usage\":1}}",
         "stream_options.include_usage"},
        {"{\"model\":\"m\"," + kMessages + ",\"max_tokens\":\"5\"}", "max_tokens"},
        {"{\"model\":\"m\"," + kMessages + ",\"max_tokens\":0}", "max_tokens"},
        {"{\"model\":\"m\"," + kMessages + ",\"max_tokens\":1.5}", "max_tokens"},
        {"{\"model\":\"m\"," + kMessages + ",\"max_completion_tokens\":-1}", "max_completion_tokens"},
        {"{\"model\":\"m\",\"model\":\"n\"," + kMessages + "}", "model"},
        {"{\"model\":\"m\",\"mod\\u0065l\":\"n\"," + kMessages + "}", "model"},
        {"{\"model\":\"m\"," + kMessages + "," + kMessages + "}", "messages"},
        {"{\"model\":\"m\"," + kMessages + ",\"stream\":true,\"stream\":false}", "stream"},
        {"{\"model\":\"m\"," + kMessages + ",\"max_tokens\":1,\"max_tokens\":2}", "max_tokens"},
    };
    for (const Refusal& row : cases) {
        INFO(row.body);
        CHECK(refusedParam(parseChatRequest, row.body) == row.param);
    }
}

TEST_CASE("what the gateway does not read is the provider's business", "[protocol][openai]") {
    const std::vector<std::string> cases = {
        "{\"model\":\"m\"," + kMessages + ",\"temperature\":\"hot\",\"n\":\"many\",\"tools\":5}",
        "{\"model\":\"m\"," + kMessages + ",\"x\":1,\"x\":2}",
        R"({"model":"m","messages":[{"role":"assistant","content":null,"tool_calls":[]},{"role":"tool"}]})",
        R"({"model":"m","messages":[{"role":"user","content":["odd",{"type":7}]}]})",
    };
    for (const std::string& body : cases) {
        INFO(body);
        CHECK(refusedParam(parseChatRequest, body) == "accepted");
    }
}

TEST_CASE("images and the last user text are found", "[protocol][openai]") {
    const JsonDocument request(R"({"messages":[{"role":"user","content":"first"},{"role":"assistant","content":"no"},
        {"role":"user","content":[{"type":"text","text":"a\n"},{"type":"image_url","image_url":{"url":"u"}},{"type":"text","text":"b"}]},
        {"role":"tool","content":"no"}]})");
    CHECK(lastUserText(request.root()) == "a\n\nb");
    CHECK(hasImages(request.root()));
    const JsonDocument plain(
        R"({"messages":[{"role":"user","content":"image_url"},{"role":"user","content":[{"type":"text"}]}]})");
    CHECK(lastUserText(plain.root()).empty());
    CHECK_FALSE(hasImages(plain.root()));
    CHECK(lastUserText(JsonDocument("{}").root()).empty());
    CHECK(lastUserText(JsonDocument("[]").root()).empty());
}

TEST_CASE("an embeddings request is checked", "[protocol][openai]") {
    CHECK(parseEmbeddingsRequest(R"({"model":"m","input":"a","encoding_format":"base64","dimensions":3})").base64);
    CHECK_FALSE(parseEmbeddingsRequest(R"({"model":"m","input":["a",[1,2]],"encoding_format":null})").base64);
    const std::vector<Refusal> cases = {
        {R"({"input":"a"})", "model"},
        {R"({"model":"m"})", "input"},
        {R"({"model":"m","input":[]})", "input"},
        {R"({"model":"m","input":{}})", "input"},
        {R"({"model":"m","input":[null]})", "input"},
        {R"({"model":"m","input":"a","encoding_format":"hex"})", "encoding_format"},
        {R"({"model":"m","input":"a","encoding_format":1})", "encoding_format"},
        {R"({"model":"m","input":"a","dimensions":0})", "dimensions"},
        {R"({"model":"m","input":"a","input":"b"})", "input"},
    };
    for (const Refusal& row : cases) {
        INFO(row.body);
        CHECK(refusedParam(parseEmbeddingsRequest, row.body) == row.param);
    }
}
