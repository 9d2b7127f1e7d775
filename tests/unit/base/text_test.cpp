#include "base/text.h"

#include <set>
#include <string>

#include "base/error.h"
#include "base/ids.h"
#include "tests/support/catch.h"

using namespace gw;

TEST_CASE("JSON strings are escaped and never malformed", "[base]") {
    struct Case {
        std::string in, out;
    };
    const Case cases[] = {
        {"plain", R"("plain")"},
        {"", R"("")"},
        {"a\"b\\c", R"("a\"b\\c")"},
        {"line\nfeed\rtab\t", R"("line\nfeed\rtab\t")"},
        {std::string("nul\0end", 7), R"("nul\u0000end")"},
        {"\x1f\x7f", "\"\\u001f\x7f\""},
        {"你好 😀", "\"你好 😀\""},
        {"bad \xff byte", "\"bad \xEF\xBF\xBD byte\""},
        {"cut \xE4\xBD", "\"cut \xEF\xBF\xBD\xEF\xBF\xBD\""},
        {"overlong \xC0\xAF", "\"overlong \xEF\xBF\xBD\xEF\xBF\xBD\""},
        {"surrogate \xED\xA0\x80", "\"surrogate \xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
    };
    for (const auto& c : cases) CHECK(jsonString(c.in) == c.out);
}

TEST_CASE("base64 keeps every byte and refuses what is not base64", "[base]") {
    std::string all;
    for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
    for (std::size_t length = 0; length <= all.size(); ++length) {
        std::string back;
        REQUIRE(base64Decode(base64Encode(all.substr(0, length)), back));
        REQUIRE(back == all.substr(0, length));
    }
    std::string out;
    for (const char* bad : {"abc", "ab=c", "a===", "ab\nd", "!!!!"}) CHECK_FALSE(base64Decode(bad, out));
}

TEST_CASE("times are RFC 3339 with milliseconds", "[base]") {
    CHECK(rfc3339(fromMicros(0)) == "1970-01-01T00:00:00.000Z");
    CHECK(rfc3339(fromMicros(1'769'860'800'123'456)) == "2026-01-31T12:00:00.123Z");
}

TEST_CASE("ids sort in the order of making and are not repeated", "[base]") {
    std::set<std::string> seen;
    std::string last;
    for (int i = 0; i < 10'000; ++i) {
        const auto id = newId("msg_", fromMicros(1'000'000'000'000'000 + i / 100 * 1000));
        CHECK(id.size() == 4 + 26);
        CHECK(id > last);
        CHECK(seen.insert(id).second);
        last = id;
    }
    CHECK(randomToken(43).size() == 43);
    CHECK(randomToken(43) != randomToken(43));
}

TEST_CASE("error codes carry status and name", "[base]") {
    CHECK(httpStatus(ErrorCode::SessionNotFound) == 404);
    CHECK(codeName(ErrorCode::SessionNotFound) == "session_not_found");
    CHECK(httpStatus(ErrorCode::StorageFull) == 507);
    auto error =
        Error(ErrorCode::RateLimited, "slow down", "detail").withRetryAfter(std::chrono::seconds(2)).withParam("x");
    CHECK(error.param() == "x");
    CHECK(error.retryAfter() == std::chrono::milliseconds(2000));
}
