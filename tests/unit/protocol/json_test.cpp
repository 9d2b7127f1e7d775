#include "protocol/json.h"

#include <memory>
#include <string>
#include <vector>

#include "tests/support/catch.h"

using gw::protocol::at;
using gw::protocol::find;
using gw::protocol::JsonDocument;
using gw::protocol::JsonError;
using gw::protocol::JsonLimits;
using gw::protocol::JsonNode;
using gw::protocol::JsonType;
using namespace std::string_literals;

namespace {

bool parses(const std::string& text, JsonLimits limits = {}) {
    try {
        const JsonDocument document(text, limits);
        return true;
    } catch (const JsonError&) {
        return false;
    }
}

std::size_t errorPlace(const std::string& text) {
    try {
        const JsonDocument document(text);
    } catch (const JsonError& error) {
        return error.offset();
    }
    return std::string::npos;
}

const std::vector<std::string> kValid = {"null",
                                         "true",
                                         "false",
                                         " true ",
                                         "\n\t\r [] \n",
                                         "{}",
                                         "[]",
                                         "\"\"",
                                         "\"a\"",
                                         "0",
                                         "-0",
                                         "-1",
                                         "12",
                                         "1.5",
                                         "1e5",
                                         "1E+5",
                                         "1e-5",
                                         "0e1",
                                         "0.0",
                                         "123.456e78",
                                         "-0.1",
                                         "1e400",
                                         "123456789012345678901234567890",
                                         "[1,2]",
                                         "[1 , 2]",
                                         "[[]]",
                                         "[[[[]]]]",
                                         "[{}]",
                                         "{\"\":0}",
                                         "{\"a\":{}}",
                                         "{\"a\":1,\"a\":2}",
                                         "{ \"a\" : [ 1 , { \"b\" : null } ] , \"c\" : \"d\" }",
                                         R"(["\"\\\/\b\f\n\r\t"])",
                                         R"(["\u0000"])",
                                         R"(["\u00e9\uD83D\uDE00"])",
                                         R"(["\ud800"])",
                                         R"(["\uDC00\uD800"])",
                                         R"({"\u0061":1})",
                                         "[\"\x7f\"]",
                                         "[\"\xC3\xA9\"]",
                                         "[\"\xE2\x9C\x93\"]",
                                         "[\"\xF0\x9F\x98\x80\"]",
                                         "[\"\xF4\x8F\xBF\xBF\"]",
                                         "[\"\xE2\x80\xA8\"]",
                                         R"(["\\"])",
                                         R"(["\\\\\\\\\\\\\\\\\\\\"])",
                                         R"(["1234567\\n"])",
                                         R"(["123456\\\n90"])",
                                         R"(["{},:[]"])",
                                         "[null,true,false,0,\"\",[],{}]",
                                         "[1]\n",
                                         "\r[1]",
                                         "[\"a\",\n\n\n\n4\n,1]"};

const std::vector<std::string> kInvalid = {"",
                                           " ",
                                           "\n",
                                           "[",
                                           "]",
                                           "{",
                                           "}",
                                           "\"",
                                           "\"abc",
                                           "[1",
                                           "[1,",
                                           "[,1]",
                                           "[1,]",
                                           "[1,,2]",
                                           "[,]",
                                           "[1 2]",
                                           "[1}",
                                           "{]",
                                           "{\"a\":1]",
                                           "[[]",
                                           "[]]",
                                           "{}}",
                                           "{}{}",
                                           "[][]",
                                           "1 2",
                                           "nul",
                                           "nulll",
                                           "Null",
                                           "TRUE",
                                           "tru",
                                           "truefalse",
                                           "true,",
                                           "[true false]",
                                           "undefined",
                                           "NaN",
                                           "Infinity",
                                           "-Infinity",
                                           "[nan]",
                                           "-",
                                           "+1",
                                           ".5",
                                           "5.",
                                           "1.e1",
                                           "1e",
                                           "1e+",
                                           "1E-",
                                           "01",
                                           "-01",
                                           "00",
                                           "0x10",
                                           "1_000",
                                           "1a",
                                           "--1",
                                           "- 1",
                                           "1.2.3",
                                           "1e1.5",
                                           "1e1e1",
                                           "0.e1",
                                           "{a:1}",
                                           "{'a':1}",
                                           "{\"a\"}",
                                           "{\"a\":}",
                                           "{\"a\" 1}",
                                           "{:1}",
                                           "{1:1}",
                                           "{\"a\":1,}",
                                           "{,\"a\":1}",
                                           "{\"a\":1 \"b\":2}",
                                           "{\"a\":1,,\"b\":2}",
                                           "{\"a\"::1}",
                                           "{\"a\":1:2}",
                                           "{null:1}",
                                           "{[]:1}",
                                           "{\"a\":1}}",
                                           "{\"a\":1}#",
                                           "[1]//x",
                                           "/**/[1]",
                                           "[1/**/]",
                                           "'a'",
                                           "[\"a\"b]",
                                           "[\"a\"\"b\"]",
                                           "[\"a\" \"b\"]",
                                           "\"a\"b",
                                           "[true\"a\"]",
                                           "[1\"a\"]",
                                           "[1\"a\",2]",
                                           R"(["\x41"])",
                                           R"(["\a"])",
                                           R"(["\u12"])",
                                           R"(["\u12G4"])",
                                           R"(["\u"])",
                                           R"(["\U0041"])",
                                           R"(["\'"])",
                                           "[\"\\\"]",
                                           R"(["12345678\q"])",
                                           R"(["1234567\q"])",
                                           R"(["\\\q"])",
                                           R"({"\q":1})",
                                           R"(["\u00A"])",
                                           "[\"\n\"]",
                                           "[\"\t\"]",
                                           "[\"\r\"]",
                                           "[\"a\0b\"]"s,
                                           "[\0]"s,
                                           "\0"s,
                                           "[1]\0"s,
                                           "[\x0c]",
                                           "[1\x0c,2]",
                                           "[1\x0c\x32]",
                                           "{\"a\"\x1a\x31}",
                                           "[\x0b\x31]",
                                           "[\x1f]",
                                           "\xEF\xBB\xBF{}",
                                           "[\"\xff\"]",
                                           "[\"\x80\"]",
                                           "[\"\xC3\"]",
                                           "[\"\xC0\xAF\"]",
                                           "[\"\xE0\x80\xAF\"]",
                                           "[\"\xED\xA0\x80\"]",
                                           "[\"\xF4\x90\x80\x80\"]",
                                           "[\"\xF8\x88\x80\x80\x80\"]",
                                           "\xff[]",
                                           "[\xC3\xA9]",
                                           "\xC2\xA0[1]",
                                           "[\xE2\x81\xA0]",
                                           "{\"a\":\"b\"",
                                           "{\"a\":\"b\",\"c\"",
                                           "[\"a\",",
                                           "{\"asd\":\"asd\"",
                                           "[{\"a\":1",
                                           "*",
                                           "<.>",
                                           "[<null>]",
                                           "[$]",
                                           "(1)",
                                           "\\u000A\"\"",
                                           "[\\u0020]",
                                           "[\\n]"};

}  // namespace

TEST_CASE("every form of valid JSON is accepted", "[protocol][json]") {
    for (const std::string& text : kValid) {
        INFO(text);
        CHECK(parses(text));
        CHECK(parses("[" + text + "," + text + "]"));
        CHECK(parses("{\"k\":" + text + "}"));
    }
}

TEST_CASE("every malformed JSON is refused", "[protocol][json]") {
    for (const std::string& text : kInvalid) {
        INFO(text);
        CHECK_FALSE(parses(text));
        CHECK_FALSE(parses("[0," + text + "]"));
        CHECK_FALSE(parses("{\"k\":" + text + std::string(80, ' ') + "}"));
    }
}

TEST_CASE("a bad escape is found at every position of a string", "[protocol][json]") {
    for (std::size_t before = 0; before < 40; ++before) {
        const std::string room(before, 'x');
        CHECK(parses("\"" + room + "\\\\\\n\\u12aB" + room + "\""));
        CHECK_FALSE(parses("\"" + room + "\\\\\\q" + room + "\""));
        CHECK_FALSE(parses("\"\\n" + room + "\\u12\""));
        CHECK_FALSE(parses("{\"\\n" + room + "\\z\":1}"));
    }
}

TEST_CASE("the place of an error is told", "[protocol][json]") {
    CHECK(errorPlace("[1, x]") == 4);
    CHECK(errorPlace("{\"a\" 1}") == 5);
    CHECK(errorPlace("[1] 2") == 4);
    CHECK(errorPlace("[\"a\nb\"]") == 3);
    CHECK(errorPlace("[\"ab\xffz\"]") == 4);
    CHECK(errorPlace("[\"abc") == 5);
    CHECK(errorPlace("[1") == 2);
    CHECK(errorPlace("") == 0);
}

TEST_CASE("depth and number of values are bounded", "[protocol][json]") {
    CHECK(parses(std::string(64, '[') + std::string(64, ']')));
    CHECK_FALSE(parses(std::string(65, '[') + std::string(65, ']')));
    CHECK_FALSE(parses(std::string(100000, '[')));
    CHECK(parses(std::string(100000, '[') + std::string(100000, ']'), {.depth = 100000, .nodes = 100000}));
    CHECK(parses("[1,2,3]", {.depth = 4, .nodes = 4}));
    CHECK_FALSE(parses("[1,2,3,4]", {.depth = 4, .nodes = 4}));
}

TEST_CASE("values are read by name, place and pointer", "[protocol][json]") {
    const JsonDocument document(
        R"( {"a":{"b/c":[10,"x",{"~":true}],"":1},"n":null,"s":"a\"\u00e9\ud83d\ude00\n","k\u0065y":2.5} )");
    const JsonNode& root = document.root();
    CHECK(root.type() == JsonType::Object);
    CHECK(root.size() == 4);
    CHECK(root.raw() == std::string_view(document.text()).substr(1, document.text().size() - 2));
    CHECK(root.at("/a/b~1c/0")->i64(-1) == 10);
    CHECK(root.at("/a/b~1c/2/~0")->boolean(false));
    CHECK(root.at("/a/")->i64(-1) == 1);
    CHECK(root.at("") == &root);
    CHECK(root.at("/a/b~1c")->raw() == R"([10,"x",{"~":true}])");
    for (const char* absent :
         {"/a/b~1c/00", "/a/b~1c/-", "/a/b~1c/3", "/a/b~1c/0/x", "/zz", "a", "/a/b~1c/99999999999999999999", "/n/x"})
        CHECK(root.at(absent) == nullptr);
    CHECK(root.find("s")->str() == "a\"\xC3\xA9\xF0\x9F\x98\x80\n");
    CHECK(root.find("s")->str().data() == root.find("s")->str().data());
    CHECK(root.find("key")->num(0) == 2.5);
    CHECK(root.find("key")->key() == "key");
    CHECK(root.find("n")->str().empty());
    CHECK(root.find("n")->item(0) == nullptr);
    CHECK(find(find(root.find("zz"), "y"), "x") == nullptr);
    CHECK(at(nullptr, "/x") == nullptr);
    CHECK(gw::protocol::str(nullptr).empty());
    CHECK(root.first()->next()->key() == "n");
    CHECK(root.find("a")->next() == root.find("n"));
    CHECK(root.find("key")->next() == nullptr);
    CHECK(root.find("n")->first() == nullptr);
    CHECK(root.find("s")->size() == 0);
}

TEST_CASE("items are reached in any order and in nested loops", "[protocol][json]") {
    std::string text = "[";
    for (int i = 0; i < 50; ++i) text += "[" + std::to_string(i) + ",[" + std::to_string(i) + "],\"x\"],";
    text.back() = ']';
    const JsonDocument document(text);
    for (std::size_t i = 0; i < 50; ++i)
        for (std::size_t j = 0; j < 2; ++j) {
            const JsonNode* inner = document.root().item(i)->item(j);
            CHECK((j == 0 ? inner : inner->item(0))->i64(-1) == static_cast<std::int64_t>(i));
        }
    for (std::size_t i = 50; i-- > 0;) CHECK(document.root().item(i)->item(0)->i64(-1) == static_cast<std::int64_t>(i));
    CHECK(document.root().item(50) == nullptr);
}

TEST_CASE("numbers are integers only if they are", "[protocol][json]") {
    const JsonDocument document(
        "[1,-9223372036854775808,9223372036854775807,9223372036854775808,1.0,1e3,1.5,1e400,-0,\"1\"]");
    const std::vector<std::int64_t> wanted = {1, INT64_MIN, INT64_MAX, -7, 1, 1000, -7, -7, 0, -7};
    for (std::size_t i = 0; i < wanted.size(); ++i) CHECK(document.root().item(i)->i64(-7) == wanted[i]);
    CHECK(document.root().item(7)->num(-7) == -7);
    CHECK(document.root().item(6)->num(0) == 1.5);
}

TEST_CASE("the last of equal keys counts, and doubles are found", "[protocol][json]") {
    const JsonDocument document(R"({"a":1,"b":2,"\u0061":3,"c":{"b":1,"b":2}})");
    CHECK(document.root().find("a")->i64(0) == 3);
    CHECK(document.root().at("/a")->i64(0) == 3);
    CHECK(document.root().duplicateOf({"b", "a"}) == "a");
    CHECK(document.root().duplicateOf({"b", "c", "zz"}).empty());
    CHECK(document.root().find("c")->duplicateOf({"b"}) == "b");
}

TEST_CASE("lone surrogates become the replacement character", "[protocol][json]") {
    const JsonDocument document(R"(["\ud800","\udc00x","\ud800\ud83d\ude00","\ud800\n","\u0000"])");
    CHECK(document.root().item(0)->str() == "\xEF\xBF\xBD");
    CHECK(document.root().item(1)->str() == "\xEF\xBF\xBDx");
    CHECK(document.root().item(2)->str() == "\xEF\xBF\xBD\xF0\x9F\x98\x80");
    CHECK(document.root().item(3)->str() == "\xEF\xBF\xBD\n");
    CHECK(document.root().item(4)->str() == std::string_view("\0", 1));
}

TEST_CASE("a huge document leaves the next one as it was", "[protocol][json]") {
    std::string text = "[";
    for (int i = 0; i < 300000; ++i) text += "\"0123456789\",";
    text.back() = ']';
    const JsonDocument huge(text);
    CHECK(huge.root().size() == 300000);
    const JsonDocument small("[1,2]");
    CHECK(small.root().item(1)->i64(0) == 2);
    CHECK(huge.root().item(299999)->str() == "0123456789");
}
