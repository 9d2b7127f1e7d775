#include "protocol/openai_codec.h"

#include <string>

#include "base/error.h"
#include "tests/support/catch.h"

using gw::Error;
using gw::protocol::AnswerIdentity;
using gw::protocol::ChatAggregate;
using gw::protocol::EventKind;
using gw::protocol::Usage;
using namespace gw::protocol;

namespace {

const AnswerIdentity kIdentity{.id = "chatcmpl-own", .model = "asked", .created = 1700000000};

std::string packed(const std::vector<float>& floats) {
    return {reinterpret_cast<const char*>(floats.data()), floats.size() * sizeof(float)};
}

}  // namespace

TEST_CASE("events gather to a whole chat.completion", "[protocol][openai]") {
    ChatAggregate answer;
    const Usage early{.input = 1, .output = 1};
    const Usage last{.input = 12, .output = 10, .cached_read = 4, .reasoning = 3};
    answer.onEvent({.kind = EventKind::Start, .id = "up-1", .name = "real-model"});
    answer.onEvent({.kind = EventKind::Usage, .usage = &early});
    answer.onEvent({.kind = EventKind::Reasoning, .text = "Hm"});
    answer.onEvent({.kind = EventKind::Text, .choice = 1, .text = "B"});
    answer.onEvent({.kind = EventKind::Text, .text = "He\"l"});
    answer.onEvent({.kind = EventKind::Text, .text = "lo"});
    answer.onEvent({.kind = EventKind::Warning, .text = "dropped top_k"});
    answer.onEvent({.kind = EventKind::Warning, .text = "dropped top_k"});
    answer.onEvent({.kind = EventKind::Finish, .choice = 1, .name = "other"});
    answer.onEvent({.kind = EventKind::Finish, .name = "length"});
    answer.onEvent({.kind = EventKind::Usage, .usage = &last});
    CHECK(answer.text() == "He\"llo");
    CHECK(answer.reasoning() == "Hm");
    CHECK(answer.finishReason() == "length");
    CHECK(answer.warnings().size() == 1);
    const std::string wanted =
        R"({"id":"up-1","object":"chat.completion","created":1700000000,"model":"real-model","choices":[)"
        R"({"index":0,"message":{"role":"assistant","content":"He\"llo","refusal":null,"reasoning_content":"Hm"},"logprobs":null,"finish_reason":"length"},)"
        R"({"index":1,"message":{"role":"assistant","content":"B","refusal":null},"logprobs":null,"finish_reason":"stop"}],)"
        R"("usage":{"prompt_tokens":12,"completion_tokens":10,"total_tokens":22,"prompt_tokens_details":{"cached_tokens":4},)"
        R"("completion_tokens_details":{"reasoning_tokens":3}}})";
    CHECK(encodeChatCompletion(answer, kIdentity) == wanted);
    CHECK(encodeChatCompletion(parseChatCompletion(wanted), kIdentity) == wanted);
}

TEST_CASE("parallel tool calls keep their order, ids and arguments", "[protocol][openai]") {
    ChatAggregate answer;
    answer.onEvent({.kind = EventKind::ToolStart, .block = 7, .id = "call_a", .name = "weather"});
    answer.onEvent({.kind = EventKind::ToolStart, .block = 3, .name = "time"});
    answer.onEvent({.kind = EventKind::ToolArgs, .block = 7, .text = "{\"city\":"});
    answer.onEvent({.kind = EventKind::ToolArgs, .block = 3, .text = ""});
    answer.onEvent({.kind = EventKind::ToolStart, .block = 7, .id = "late", .name = "late"});
    answer.onEvent({.kind = EventKind::ToolArgs, .block = 7, .text = "1}"});
    answer.onEvent({.kind = EventKind::BlockEnd, .block = 7});
    answer.onEvent({.kind = EventKind::Finish, .name = "tool_calls"});
    const std::string wanted =
        R"({"id":"chatcmpl-own","object":"chat.completion","created":1700000000,"model":"asked","choices":[)"
        R"({"index":0,"message":{"role":"assistant","content":null,"refusal":null,"tool_calls":[)"
        R"({"id":"call_a","type":"function","function":{"name":"weather","arguments":"{\"city\":1}"}},)"
        R"({"id":"call_chatcmplown_0_1","type":"function","function":{"name":"time","arguments":"{}"}}]},)"
        R"("logprobs":null,"finish_reason":"tool_calls"}],"usage":null})";
    CHECK(encodeChatCompletion(answer, kIdentity) == wanted);
    CHECK(encodeChatCompletion(parseChatCompletion(wanted), kIdentity) == wanted);
    CHECK_FALSE(answer.empty());
}

TEST_CASE("an answer without a word is empty, and bounded", "[protocol][openai]") {
    ChatAggregate answer(1000);
    CHECK(answer.empty());
    answer.onEvent({.kind = EventKind::Finish, .name = "stop"});
    CHECK(answer.empty());
    const std::string piece(600, 'x');
    answer.onEvent({.kind = EventKind::Text, .text = piece});
    CHECK_FALSE(answer.empty());
    CHECK_THROWS_AS(answer.onEvent({.kind = EventKind::Text, .text = piece}), Error);
    ChatAggregate many(1000);
    CHECK_THROWS_AS(
        [&] {
            for (std::uint32_t i = 0; i < 1000; ++i) many.onEvent({.kind = EventKind::ToolStart, .block = i});
        }(),
        Error);
}

TEST_CASE("a replaced response that is no chat.completion is refused", "[protocol][openai]") {
    for (const char* bad : {"", "[]", "{}", "{\"choices\":1}", "{\"choices\":[]"})
        CHECK_THROWS_AS(parseChatCompletion(bad), Error);
    CHECK(parseChatCompletion(R"({"choices":[{},{"message":null},{"message":{"content":"x"},"index":-5}]})").text() ==
          "x");
}

TEST_CASE("embeddings come as floats or base64, whatever the provider sent", "[protocol][openai]") {
    ChatAggregate answer;
    const Usage usage{.input = 5};
    const std::string data = packed({0.5F, -0.25F, 1.0F});
    answer.onEvent({.kind = EventKind::Embedding, .block = 1, .data = data});
    answer.onEvent({.kind = EventKind::Embedding, .block = 0, .json = "[0.5, -0.25,1]"});
    answer.onEvent({.kind = EventKind::Usage, .usage = &usage});
    CHECK(
        encodeEmbeddings(answer, "m", false) ==
        R"({"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.5, -0.25,1]},)"
        R"({"object":"embedding","index":1,"embedding":[0.5,-0.25,1]}],"model":"m","usage":{"prompt_tokens":5,"total_tokens":5}})");
    CHECK(
        encodeEmbeddings(answer, "m", true) ==
        R"({"object":"list","data":[{"object":"embedding","index":0,"embedding":"AAAAPwAAgL4AAIA/"},)"
        R"({"object":"embedding","index":1,"embedding":"AAAAPwAAgL4AAIA/"}],"model":"m","usage":{"prompt_tokens":5,"total_tokens":5}})");
}

TEST_CASE("what is not a vector is the provider's error", "[protocol][openai]") {
    for (const char* bad : {"{}", "[1,", "[\"a\"]", "[null]", "x"}) {
        ChatAggregate answer;
        answer.onEvent({.kind = EventKind::Embedding, .json = bad});
        CHECK_THROWS_AS(encodeEmbeddings(answer, "m", true), Error);
        CHECK_THROWS_AS(encodeEmbeddings(answer, "m", false), Error);
    }
    ChatAggregate odd;
    odd.onEvent({.kind = EventKind::Embedding, .data = "abc"});
    CHECK_THROWS_AS(encodeEmbeddings(odd, "m", false), Error);
}

TEST_CASE("models are listed as OpenAI lists them", "[protocol][openai]") {
    CHECK(encodeModelList({{.id = "a/b", .owned_by = "a", .created = 7}, {.id = "c", .owned_by = "c", .created = 0}}) ==
          R"({"object":"list","data":[{"id":"a/b","object":"model","created":7,"owned_by":"a"},)"
          R"({"id":"c","object":"model","created":0,"owned_by":"c"}]})");
    CHECK(encodeModel({.id = "a", .owned_by = "o", .created = 1}) ==
          R"({"id":"a","object":"model","created":1,"owned_by":"o"})");
    CHECK(encodeModelList({}) == R"({"object":"list","data":[]})");
}
