#include "protocol/frame_reader.h"

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "protocol/json.h"
#include "tests/support/catch.h"

using gw::Error;
using gw::protocol::Frame;
using gw::protocol::FrameReader;
using gw::protocol::Framing;
using gw::protocol::JsonDocument;
using gw::protocol::JsonNode;
using namespace std::string_literals;

namespace {

constexpr std::size_t kLimit = std::size_t{1} << 20;
using Frames = std::vector<std::pair<std::string, std::string>>;

FrameReader::Take into(Frames& frames) {
    return [&frames](const Frame& frame) { frames.emplace_back(frame.name, frame.data); };
}

/// Fed in pieces that end at `cuts`.
Frames read(Framing framing, std::string_view bytes, const std::vector<std::size_t>& cuts, bool finish) {
    Frames frames;
    FrameReader reader(framing, kLimit);
    std::size_t done = 0;
    for (const std::size_t cut : cuts) {
        const std::string piece(bytes.substr(done, cut - done));  // its own memory: a view kept too long is seen
        reader.feed(piece, into(frames));
        done = cut;
    }
    const std::string piece(bytes.substr(done));
    reader.feed(piece, into(frames));
    if (finish) reader.finish(into(frames));
    return frames;
}

std::vector<std::size_t> everyByte(std::size_t size) {
    std::vector<std::size_t> cuts;
    for (std::size_t at = 0; at < size; ++at) cuts.push_back(at);
    return cuts;
}

/// However the bytes are cut, the frames are the same.
void checkAllCuts(Framing framing, std::string_view bytes, const Frames& wanted, bool finish) {
    CHECK(read(framing, bytes, {}, finish) == wanted);
    CHECK(read(framing, bytes, everyByte(bytes.size()), finish) == wanted);
    bool same = true;
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut) same = same && read(framing, bytes, {cut}, finish) == wanted;
    CHECK(same);
}

std::string contents(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::string awsHeader(const std::string& name, const std::string& value) {
    return std::string(1, static_cast<char>(name.size())) + name + "\x07" + '\0' + static_cast<char>(value.size()) +
           value;
}

std::string bigEndian(std::uint32_t value) {
    std::string out;
    for (int shift = 24; shift >= 0; shift -= 8)
        out += static_cast<char>(value >> static_cast<unsigned>(shift) & 0xFFU);
    return out;
}

/// Bit by bit, so that it shares nothing with the reader's table.
std::uint32_t crc(std::string_view bytes) {
    std::uint32_t value = 0xFFFFFFFFU;
    for (const char c : bytes) {
        value ^= static_cast<unsigned char>(c);
        for (int bit = 0; bit < 8; ++bit) value = value >> 1U ^ ((value & 1U) != 0 ? 0xEDB88320U : 0U);
    }
    return ~value;
}

std::string awsMessage(const std::string& headers, const std::string& payload) {
    std::string out = bigEndian(static_cast<std::uint32_t>(16 + headers.size() + payload.size()));
    out += bigEndian(static_cast<std::uint32_t>(headers.size()));
    out += bigEndian(crc(out)) + headers + payload;
    return out + bigEndian(crc(out));
}

}  // namespace

TEST_CASE("the SSE vectors give the same events however they are cut", "[protocol][sse]") {
    const JsonDocument vectors(contents(GATEWAY_SOURCE_DIR "/tests/cases/sse/sse_vectors.json"));
    REQUIRE(vectors.root().size() >= 40);
    for (const JsonNode* vector = vectors.root().first(); vector != nullptr; vector = vector->next()) {
        INFO(vector->find("n")->i64(0) << ": " << vector->find("name")->str());
        std::string input;
        REQUIRE(gw::base64Decode(vector->find("input_b64")->str(), input));
        Frames wanted;
        for (const JsonNode* event = vector->find("events")->first(); event != nullptr; event = event->next()) {
            const std::string_view name = event->find("event")->str();
            wanted.emplace_back(name == "message" ? "" : name, event->find("data")->str());
        }
        checkAllCuts(Framing::Sse, input, wanted, false);
    }
}

TEST_CASE("what the end of an SSE stream leaves unterminated is delivered when it is whole", "[protocol][sse]") {
    checkAllCuts(Framing::Sse, "data: a\n\ndata: [DONE]", {{"", "a"}, {"", "[DONE]"}}, true);
    checkAllCuts(Framing::Sse, "data: [DONE]\n", {{"", "[DONE]"}}, true);
    checkAllCuts(Framing::Sse, "event: e\ndata: {\"a\":\ndata: 1}", {{"e", "{\"a\":\n1}"}}, true);
    checkAllCuts(Framing::Sse, "data: {\"a\":1}", {{"", "{\"a\":1}"}}, true);
    checkAllCuts(Framing::Sse, "data: {\"a\":1", {}, true);
    checkAllCuts(Framing::Sse, "data: x\n\ndata: {\"a\":1\n", {{"", "x"}}, true);
    checkAllCuts(Framing::Sse, "data: x\n\nevent: ping", {{"", "x"}}, true);
    checkAllCuts(Framing::Sse, "data:", {}, true);
    checkAllCuts(Framing::Sse,
                 "\xEF\xBB\xBF"
                 "data: b",
                 {{"", "b"}}, true);
    checkAllCuts(Framing::Sse, "", {}, true);
}

TEST_CASE("compatible servers' framing is understood", "[protocol][sse]") {
    checkAllCuts(Framing::Sse, "data:{\"a\":1}\r\n\r\ndata:{\"b\":2}\r\n\r\n", {{"", "{\"a\":1}"}, {"", "{\"b\":2}"}},
                 true);
    checkAllCuts(Framing::Sse, "data:1\r\rdata:2\r\r", {{"", "1"}, {"", "2"}}, true);
    checkAllCuts(Framing::Sse, ": OPENROUTER PROCESSING\n\ndata: a\n: x\ndata: b\n\n\n\n\n", {{"", "a\nb"}}, true);
    checkAllCuts(Framing::Sse, "id: 7\nretry: 5\nevent: result\n:HTTP_STATUS/200\ndata: x\n\n", {{"result", "x"}},
                 true);
    checkAllCuts(Framing::Sse, "event: ping\n\ndata:\n\ndata: [DONE] \n\ndata: [DONE]\n\ndata: late\n\n",
                 {{"", ""}, {"", "[DONE] "}, {"", "[DONE]"}, {"", "late"}}, true);
    checkAllCuts(Framing::Sse, "data: \xE2\x9C\x93\xF0\x9F\x98\x80\r\n\r\n", {{"", "\xE2\x9C\x93\xF0\x9F\x98\x80"}},
                 true);
    checkAllCuts(Framing::Sse, "{\"error\":{\"message\":\"not SSE at all\"}}", {}, true);
}

TEST_CASE("an event of one chunk is not copied", "[protocol][sse]") {
    const std::string bytes = "event: delta\ndata: {\"x\":1}\n\n";
    const char* seen = nullptr;
    FrameReader reader(Framing::Sse, kLimit);
    reader.feed(bytes, [&](const Frame& frame) { seen = frame.data.data(); });
    CHECK(seen == bytes.data() + 19);
    CHECK(reader.pending() == 0);
}

TEST_CASE("comments and blanks are no progress", "[protocol][sse]") {
    const auto ignore = [](const Frame&) {};
    FrameReader reader(Framing::Sse, kLimit);
    for (const char* idle : {": keep-alive\n\n", ":", " more of it\n", "\r\n", "\n", ""}) {
        reader.feed(idle, ignore);
        CHECK(reader.wasIdle());
    }
    for (const char* busy : {"d", "ata: a\n", ": x\ndata", "\n\n: y\n"}) {
        reader.feed(busy, ignore);
        CHECK_FALSE(reader.wasIdle());
    }
    FrameReader whole(Framing::Whole, kLimit);
    whole.feed("\n \n", ignore);
    CHECK(whole.wasIdle());
    whole.feed("{", ignore);
    CHECK_FALSE(whole.wasIdle());
}

TEST_CASE("a frame beyond the limit is the provider's error", "[protocol][sse]") {
    const auto ignore = [](const Frame&) {};
    const std::string piece(600, 'x');
    FrameReader line(Framing::Sse, 1000);
    line.feed("data: " + piece, ignore);
    CHECK(line.pending() == 606);
    CHECK_THROWS_AS(line.feed(piece, ignore), Error);
    FrameReader event(Framing::Sse, 1000);
    event.feed("data: " + piece + "\n", ignore);
    CHECK_THROWS_AS(event.feed("data: " + piece + "\n", ignore), Error);
    FrameReader ndjson(Framing::Lines, 1000);
    ndjson.feed(piece + "\n" + piece, ignore);
    CHECK_THROWS_AS(ndjson.feed(piece, ignore), Error);
    FrameReader whole(Framing::Whole, 1000);
    whole.feed(piece, ignore);
    CHECK_THROWS_AS(whole.feed(piece, ignore), Error);
    FrameReader aws(Framing::Aws, 1000);
    CHECK_THROWS_AS(aws.feed(awsMessage("", piece + piece), ignore), Error);
}

TEST_CASE("carriage returns alone cost linear time", "[protocol][sse]") {
    Frames frames;
    FrameReader reader(Framing::Sse, kLimit);
    reader.feed(std::string(2'000'000, '\r') + "data: a\r\r", into(frames));
    CHECK(frames == Frames{{"", "a"}});
}

TEST_CASE("lines are frames, blank ones are not", "[protocol][lines]") {
    checkAllCuts(Framing::Lines, "{\"done\":false}\r\n\n \n{\"done\":true}\n",
                 {{"", "{\"done\":false}"}, {"", "{\"done\":true}"}}, true);
    checkAllCuts(Framing::Lines, "{\"a\":1}\n{\"b\":2}", {{"", "{\"a\":1}"}, {"", "{\"b\":2}"}}, true);
    checkAllCuts(Framing::Lines, "{\"a\":1}\n{\"b\":", {{"", "{\"a\":1}"}}, true);
    checkAllCuts(Framing::Lines, "a\rb\n", {{"", "a\rb"}}, true);
}

TEST_CASE("a whole body is one frame, even an empty one", "[protocol][whole]") {
    checkAllCuts(Framing::Whole, "\n\n{\"a\":1}\n", {{"", "\n\n{\"a\":1}\n"}}, true);
    checkAllCuts(Framing::Whole, "", {{"", ""}}, true);
}

TEST_CASE("raw bytes go through as they come", "[protocol][raw]") {
    CHECK(read(Framing::Raw, "abc", {1}, true) == Frames{{"", "a"}, {"", "bc"}});
    CHECK(read(Framing::Raw, "", {}, true).empty());
}

TEST_CASE("event stream messages are cut by their lengths", "[protocol][aws]") {
    const std::string plain =
        awsMessage(awsHeader(":event-type", "chunk") + awsHeader(":message-type", "event"), "{\"a\":1}");
    const std::string failed =
        awsMessage(awsHeader(":message-type", "exception") + awsHeader(":exception-type", "throttled"), "{}");
    const std::string other =
        awsMessage("\x01z\x00"s + "\x01i\x04\x00\x00\x00\x01"s + awsHeader(":event-type", "end"), "");
    checkAllCuts(Framing::Aws, plain + failed + other, {{"chunk", "{\"a\":1}"}, {"throttled", "{}"}, {"end", ""}},
                 true);
    checkAllCuts(Framing::Aws, plain + failed.substr(0, failed.size() - 1), {{"chunk", "{\"a\":1}"}}, true);
}

TEST_CASE("a damaged event stream is the provider's error", "[protocol][aws]") {
    const std::string good = awsMessage(awsHeader(":event-type", "chunk"), "payload");
    for (std::size_t at = 0; at < good.size(); ++at) {
        std::string bad = good;
        bad[at] = static_cast<char>(bad[at] ^ 1);
        CHECK_THROWS_AS(read(Framing::Aws, bad, {}, true), Error);
    }
    CHECK_THROWS_AS(read(Framing::Aws,
                         awsMessage("\x05"
                                    "a",
                                    ""),
                         {}, true),
                    Error);
    CHECK_THROWS_AS(read(Framing::Aws,
                         awsMessage("\x01"
                                    "a\x0b",
                                    ""),
                         {}, true),
                    Error);
}
