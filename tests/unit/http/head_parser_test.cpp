#include "http/head_parser.h"

#include <string>
#include <vector>

#include "http/body_reader.h"
#include "tests/support/catch.h"
#include "tests/unit/http/cases.h"

using namespace gw;
using namespace gw::http;

namespace {

/// What a message reader says to these pieces: the status of its refusal; 200 and the message; 0 while it wants more.
struct Verdict {
    int status = 0;
    std::string head;
    std::string body;
    std::size_t left = 0;  // bytes after the message
    bool operator==(const Verdict&) const = default;
};

std::string describe(const Request& request) {
    std::string text = request.method + " " + request.target + " | " + request.path + " | " + request.query + "\n";
    for (const auto& [name, value] : request.headers) text += name + "=" + value + "\n";
    return text;
}

/// Feeds what `parser` wants; false when it is not done with these bytes.
template <class F>
bool feed(std::string_view& bytes, Verdict& verdict, F parse, const auto& parser) {
    const Fed fed = parse(bytes);
    bytes.remove_prefix(fed.used);
    if (fed.state == Feed::Failed) verdict.status = httpStatus(parser.error().code());
    return fed.state == Feed::Done;
}

Verdict read(const std::vector<std::string_view>& pieces, const RequestLimits& limits = {}) {
    Verdict verdict;
    Request request;
    HeadParser head(limits);
    BodyReader body;
    bool in_body = false;
    for (std::string_view bytes : pieces) {
        if (verdict.status == 200) verdict.left += bytes.size();
        if (verdict.status != 0) continue;
        if (!in_body) {
            in_body = feed(bytes, verdict, [&](auto b) { return head.feed(b, request); }, head);
            if (!in_body) continue;
            body.begin(head.framing(), limits.body);
            if (body.failed()) verdict.status = httpStatus(body.error().code());
        }
        if (verdict.status != 0) continue;
        if (body.done() || feed(bytes, verdict, [&](auto b) { return body.feed(b, &request.body); }, body)) {
            verdict.status = 200;
            verdict.left = bytes.size();
        }
    }
    if (verdict.status == 200) verdict.head = describe(request), verdict.body = request.body;
    return verdict;
}

Verdict read(std::string_view whole, const RequestLimits& limits = {}) {
    return read(std::vector<std::string_view>{whole}, limits);
}

std::string withFields(std::size_t count) {
    std::string head = "GET / HTTP/1.1\r\nHost: a\r\n";
    for (std::size_t i = 1; i < count; ++i) head += "X: a\r\n";
    return head + "\r\n";
}

}  // namespace

TEST_CASE("every case gets its verdict", "[http]") {
    const auto cases = test::httpCases();
    REQUIRE(cases.size() > 200);
    for (const auto& each : cases) {
        const int status = read(each.raw).status;
        INFO(each.id << ": " << status);
        // Routing decides 401 and 405; 0 is a message that never ends.
        const bool routed = status == 200 && (each.expects(405) || each.expects(401));
        const bool cut = status == 0 && each.expects(400);
        CHECK((each.expects(status) || routed || cut));
    }
}

TEST_CASE("no verdict depends on where the bytes were split", "[http]") {
    for (const auto& each : test::httpCases()) {
        const std::string_view raw = each.raw;
        const Verdict whole = read(raw);
        std::vector<std::string_view> bytes;
        for (std::size_t i = 0; i < raw.size(); ++i) bytes.push_back(raw.substr(i, 1));
        INFO(each.id);
        REQUIRE((read(bytes) == whole));
        if (raw.size() > 4096) continue;
        for (std::size_t i = 1; i < raw.size(); ++i) {
            const bool equal = read({raw.substr(0, i), raw.substr(i)}) == whole;
            if (!equal) FAIL("split at " << i);
        }
    }
}

TEST_CASE("limits hold to the byte", "[http]") {
    SECTION("fields") {
        CHECK(read(withFields(100)).status == 200);
        CHECK(read(withFields(101)).status == 431);
    }
    SECTION("target") {
        const std::string fill(8191, 'a');
        CHECK(read("GET /" + fill + " HTTP/1.1\r\nHost: a\r\n\r\n").status == 200);
        CHECK(read("GET /a" + fill + " HTTP/1.1\r\nHost: a\r\n\r\n").status == 414);
    }
    SECTION("head") {
        const std::string start = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
        const std::string fill(32UL * 1024 - start.size() - 4, 'a');
        CHECK(read(start + fill + "\r\n\r\n").status == 200);
        CHECK(read(start + fill + "a\r\n\r\n").status == 431);
    }
    SECTION("field name") {
        const std::string name(256, 'x');
        CHECK(read("GET / HTTP/1.1\r\nHost: a\r\n" + name + ": 1\r\n\r\n").status == 200);
        CHECK(read("GET / HTTP/1.1\r\nHost: a\r\nx" + name + ": 1\r\n\r\n").status == 431);
    }
    SECTION("body") {
        RequestLimits limits;
        limits.body = 10;
        const std::string sized = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ";
        CHECK(read(sized + "10\r\n\r\n0123456789", limits).status == 200);
        CHECK(read(sized + "11\r\n\r\n", limits).status == 413);
        const std::string chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
        CHECK(read(chunked + "5\r\n01234\r\n5\r\n56789\r\n0\r\n\r\n", limits).status == 200);
        CHECK(read(chunked + "5\r\n01234\r\n6\r\n", limits).status == 413);
    }
}

TEST_CASE("a head is taken apart as it was written", "[http]") {
    const auto verdict =
        read("POST /a%20b/c?x=1&y=%20 HTTP/1.1\r\nHOST: a\r\nX-Long:  two words \t\r\nContent-Length: 3\r\n\r\nabcGET");
    CHECK(verdict.status == 200);
    CHECK(verdict.head ==
          "POST /a%20b/c?x=1&y=%20 | /a%20b/c | x=1&y=%20\nhost=a\nx-long=two words\ncontent-length=3\n");
    CHECK(verdict.body == "abc");
    CHECK(verdict.left == 3);
}

TEST_CASE("chunks become one body with room for simdjson", "[http]") {
    BodyReader reader;
    Framing framing;
    framing.chunked = true;
    reader.begin(framing, 1000);
    std::string body;
    const std::string raw = "3;x=\"a b\"\r\nabc\r\n00a\r\n0123456789\r\n0\r\nX: 1\r\n\r\nNEXT";
    const Fed fed = reader.feed(raw, &body);
    CHECK((fed.state == Feed::Done && fed.used == raw.size() - 4));
    CHECK(body == "abc0123456789");
    CHECK(body.capacity() >= body.size() + 64);
}
