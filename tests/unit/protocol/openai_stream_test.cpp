#include "protocol/openai_stream.h"

#include <string>
#include <vector>

#include "protocol/frame_reader.h"
#include "tests/support/catch.h"

using namespace gw::protocol;

namespace {

const AnswerIdentity kIdentity{.id = "own", .model = "asked", .created = 7};

std::string chunk(const std::string& choices, const std::string& id = "own", const std::string& model = "asked") {
    return "data: {\"id\":\"" + id + "\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"" + model +
           "\",\"choices\":[" + choices + "]}\n\n";
}

std::string delta(const std::string& inside, const std::string& finish = "null", int index = 0) {
    return "{\"index\":" + std::to_string(index) + ",\"delta\":{" + inside +
           "},\"logprobs\":null,\"finish_reason\":" + finish + "}";
}

const std::string kRole = R"("role":"assistant","content":"")";

std::string encode(OpenAiStream& stream, const std::vector<ChatEvent>& events) {
    std::string out;
    for (const ChatEvent& event : events) stream.encode(event, out);
    return out;
}

/// One frame of the upstream with what the provider saw in it.
std::string pass(OpenAiStream& stream, std::string out, const std::vector<ChatEvent>& events, std::string_view data) {
    stream.mark(out);
    for (const ChatEvent& event : events) stream.encode(event, out);
    stream.passThrough(data, out);
    return out;
}

const Usage kUsage{.input = 2, .output = 3};
const ChatEvent kStart{.kind = EventKind::Start, .id = "up", .name = "real"};
const ChatEvent kHello{.kind = EventKind::Text, .text = "Hello"};
const ChatEvent kStop{.kind = EventKind::Finish, .name = "stop"};
const ChatEvent kUsed{.kind = EventKind::Usage, .usage = &kUsage};

}  // namespace

TEST_CASE("a stream is role, deltas, finish and DONE", "[protocol][openai_stream]") {
    OpenAiStream stream(kIdentity, false);
    std::string out = encode(stream, {kStart});
    CHECK(out.empty());
    CHECK_FALSE(stream.begun());
    out = encode(
        stream, {{.kind = EventKind::Reasoning, .text = "Hm"}, kHello, {.kind = EventKind::Text}, kUsed, kStop, kStop});
    CHECK(stream.begun());
    stream.finish(out);
    CHECK(out == chunk(delta(kRole), "up", "real") + chunk(delta(R"("reasoning_content":"Hm")"), "up", "real") +
                     chunk(delta(R"("content":"Hello")"), "up", "real") + chunk(delta("", "\"stop\""), "up", "real") +
                     "data: [DONE]\n\n");
}

TEST_CASE("usage comes in a chunk of its own when asked", "[protocol][openai_stream]") {
    OpenAiStream stream(kIdentity, true);
    std::string out = encode(stream, {kUsed, kHello, kUsed, kStop});
    CHECK(out.find("\"usage\":{") == std::string::npos);
    CHECK(out.find("}],\"usage\":null}\n\n") != std::string::npos);
    std::string end;
    stream.finish(end);
    CHECK(end == R"(data: {"id":"own","object":"chat.completion.chunk","created":7,"model":"asked","choices":[],)"
                 R"("usage":{"prompt_tokens":2,"completion_tokens":3,"total_tokens":5}})"
                 "\n\ndata: [DONE]\n\n");
}

TEST_CASE("tool calls are numbered from 0 without holes", "[protocol][openai_stream]") {
    OpenAiStream stream(kIdentity, false);
    const std::string out = encode(stream, {{.kind = EventKind::ToolStart, .block = 5, .id = "a", .name = "f"},
                                            {.kind = EventKind::ToolArgs, .block = 5, .text = "{\"x\""},
                                            {.kind = EventKind::ToolStart, .block = 9, .name = "g"},
                                            {.kind = EventKind::ToolArgs, .block = 5, .text = ":1}"},
                                            {.kind = EventKind::ToolStart, .block = 5, .id = "again"},
                                            {.kind = EventKind::ToolArgs, .block = 11, .text = "{}"},
                                            {.kind = EventKind::BlockEnd, .block = 5},
                                            {.kind = EventKind::Finish, .name = "tool_calls"}});
    const auto call = [](int index, const std::string& rest) {
        return chunk(delta("\"tool_calls\":[{\"index\":" + std::to_string(index) + "," + rest + "]"));
    };
    CHECK(out == chunk(delta(kRole)) +
                     call(0, R"("id":"a","type":"function","function":{"name":"f","arguments":""}})") +
                     call(0, R"("function":{"arguments":"{\"x\""}})") +
                     call(1, R"("id":"call_own_0_1","type":"function","function":{"name":"g","arguments":""}})") +
                     call(0, R"("function":{"arguments":":1}"}})") +
                     call(2, R"("id":"call_own_0_2","type":"function","function":{"name":"","arguments":""}})") +
                     call(2, R"("function":{"arguments":"{}"}})") + chunk(delta("", "\"tool_calls\"")));
}

TEST_CASE("several choices each have their role and their end", "[protocol][openai_stream]") {
    OpenAiStream stream(kIdentity, false);
    const std::string out = encode(stream, {{.kind = EventKind::Text, .choice = 1, .text = "b"},
                                            {.kind = EventKind::Text, .choice = 0, .text = "a"},
                                            {.kind = EventKind::Finish, .choice = 1, .name = "length"},
                                            {.kind = EventKind::Finish, .choice = 0, .name = "other"}});
    CHECK(out == chunk(delta(kRole, "null", 1)) + chunk(delta(R"("content":"b")", "null", 1)) + chunk(delta(kRole)) +
                     chunk(delta(R"("content":"a")")) + chunk(delta("", "\"length\"", 1)) +
                     chunk(delta("", "\"stop\"")));
}

TEST_CASE("an earlier candidate leaves nothing behind", "[protocol][openai_stream]") {
    OpenAiStream stream(kIdentity, true);
    std::string out = pass(stream, "", {kStart}, R"({"choices":[{"delta":{"role":"assistant"}}]})");
    out = pass(stream, out, {kUsed}, R"({"usage":1})");
    stream.start("second");
    CHECK(out.empty());
    out = encode(stream, {kHello, kStop});
    stream.finish(out);
    CHECK(out.find("\"id\":\"own\"") != std::string::npos);
    CHECK(out.find("\"model\":\"second\"") != std::string::npos);
    CHECK(out.find("\"up\"") == std::string::npos);
    CHECK(out.find("\"usage\":{") == std::string::npos);
}

TEST_CASE("conforming bytes go through as they are", "[protocol][openai_stream]") {
    OpenAiStream stream(kIdentity, false);
    const std::string first = R"({"id":"up","choices":[{"index":0,"delta":{"role":"assistant","content":""}}]})";
    std::string out = pass(stream, "before", {kStart}, first);
    CHECK(out == "before");  // nothing that a second candidate could not take back
    CHECK_FALSE(stream.begun());
    out = pass(stream, out, {kHello}, R"({"choices":[{"index":0,"delta":{"content":"Hello"}}]})");
    CHECK(out ==
          "beforedata: " + first + "\n\n" + R"(data: {"choices":[{"index":0,"delta":{"content":"Hello"}}]})" + "\n\n");
    CHECK(pass(stream, "", {}, R"({"choices":[]})").empty());
    CHECK(pass(stream, "", {kUsed}, R"({"choices":[],"usage":{}})").empty());
    CHECK(pass(stream, "", {{.kind = EventKind::Raw, .name = "x"}}, "{\n\"x\":1}") == "data: { \"x\":1}\n\n");
    CHECK(pass(stream, "", {kStop, kUsed}, R"({"finish":1})") == "data: {\"finish\":1}\n\n");
    std::string end;
    stream.finish(end);
    CHECK(end == "data: [DONE]\n\n");
}

TEST_CASE("a role that the upstream's bytes never named is added", "[protocol][openai_stream]") {
    OpenAiStream stream(kIdentity, false);
    const std::string plain = R"({"choices":[{"index":0,"delta":{"role":null,"content":"\"role\":\"assistant\""}}]})";
    CHECK(pass(stream, "", {kHello}, plain) == chunk(delta(kRole)) + "data: " + plain + "\n\n");
    CHECK(pass(stream, "", {kHello}, plain) == "data: " + plain + "\n\n");
    const std::string with = R"({"choices":[{"index":1,"delta":{"role": "assistant","content":"x"}}]})";
    CHECK(pass(stream, "", {{.kind = EventKind::Text, .choice = 1, .text = "x"}}, with) == "data: " + with + "\n\n");
    CHECK(pass(stream, "", {{.kind = EventKind::Text, .choice = 2, .text = "x"}}, "{}") ==
          chunk(delta(kRole, "null", 2)) + "data: {}\n\n");
}

TEST_CASE("usage passes once: the upstream's own chunk or ours", "[protocol][openai_stream]") {
    OpenAiStream own(kIdentity, true);
    std::string out = pass(own, "", {kHello}, R"({"role":"assistant"})");
    out = pass(own, out, {kStop, kUsed}, R"({"f":1})");  // on the finish chunk only: one of our own follows
    own.finish(out);
    CHECK(out.find("\"choices\":[],\"usage\":{") != std::string::npos);
    OpenAiStream theirs(kIdentity, true);
    out = pass(theirs, "", {kHello}, R"({"role":"assistant"})");
    out = pass(theirs, out, {kUsed}, R"({"choices":[],"usage":{"cost":1}})");
    theirs.finish(out);
    CHECK(out.find("\"cost\":1") != std::string::npos);
    CHECK(out.find("prompt_tokens") == std::string::npos);
}

TEST_CASE("what is not reformed keeps its place among what is", "[protocol][openai_stream]") {
    OpenAiStream stream(kIdentity, false);
    std::string out;
    stream.mark(out);
    stream.encode(kStart, out);
    stream.encode(kHello, out);  // no passThrough: this frame did not conform
    out = pass(stream, out, {kHello}, "{\"b\":1}");
    CHECK(out == chunk(delta(kRole), "up", "real") + chunk(delta(R"("content":"Hello")"), "up", "real") +
                     "data: {\"b\":1}\n\n");
}
