#include "http/router.h"

#include "base/error.h"
#include "http/target.h"
#include "tests/support/catch.h"

using namespace gw;
using namespace gw::http;

namespace {

class Nothing final : public Handler {
public:
    io::Task<void> handle(Request& /*request*/, Response& response) override { co_await response.sendEmpty(204); }
};

Request asking(const char* method, const char* path) {
    Request request;
    request.method = method;
    request.path = path;
    return request;
}

ErrorCode refusal(const Router& router, Request request) {
    try {
        [[maybe_unused]] const auto match = router.find(request);
    } catch (const Error& error) {
        return error.code();
    }
    return ErrorCode::Internal;
}

}  // namespace

TEST_CASE("a path finds its handler and its parameters", "[http]") {
    Nothing list, one, messages, model, me;
    Router router;
    router.add("GET", "/sessions", list, Door::Native);
    router.add("GET", "/sessions/{id}", one, Door::Native);
    router.add("GET", "/sessions/me", me, Door::Native);
    router.add("GET", "/sessions/{id}/messages", messages, Door::Native);
    router.add("GET", "/v1/models/{id*}", model, Door::OpenAi);

    auto request = asking("GET", "/sessions/a%2Fb%20c/messages");
    const auto match = router.find(request);
    CHECK(match.handler == &messages);
    CHECK(match.route == "/sessions/{id}/messages");
    CHECK(request.parameters == std::vector<std::string>{"a/b c"});

    auto fixed = asking("GET", "/sessions/me");
    CHECK(router.find(fixed).handler == &me);
    auto rest = asking("GET", "/v1/models/openai/gpt-4");
    CHECK(router.find(rest).handler == &model);
    CHECK(rest.parameters == std::vector<std::string>{"openai/gpt-4"});
    auto head = asking("HEAD", "/sessions");
    CHECK(router.find(head).handler == &list);
}

TEST_CASE("what is not there is 404, what takes no such method is 405 with the methods", "[http]") {
    Nothing handler;
    Router router;
    router.add("GET", "/a", handler, Door::Native);
    router.add("POST", "/a", handler, Door::Native);
    router.add("GET", "/b/{id}", handler, Door::Native);
    for (const char* path : {"/", "/A", "/a/", "//a", "/b", "/b/", "/b/x/", "/b/x/y"})
        CHECK(refusal(router, asking("GET", path)) == ErrorCode::NotFound);
    for (const char* method : {"PUT", "get", "TRACE", "CONNECT"})
        CHECK(refusal(router, asking(method, "/a")) == ErrorCode::MethodNotAllowed);
    CHECK(router.allowed("/a") == "GET, HEAD, POST, OPTIONS");
    CHECK(router.allowed("/c").empty());
}

TEST_CASE("only paths in normal form are plain", "[http]") {
    for (const char* good : {"/", "/a", "/a.b", "/...", "/a..b/%20/%2F", "//", "/a;b=1", "/%c0%ae"})
        CHECK(isPlainPath(good));
    for (const char* bad :
         {"", "a", "/.", "/..", "/a/./b", "/%2e", "/.%2E", "/a/%2e%2e/", "/%", "/%1", "/%0a", "/a b", "/[", "/\\"})
        CHECK_FALSE(isPlainPath(bad));
}

TEST_CASE("query parameters are decoded by name", "[http]") {
    Request request;
    request.query = "limit=20&q=a+b%26c&empty=&flag";
    CHECK(request.queryParameter("limit") == "20");
    CHECK(request.queryParameter("q") == "a b&c");
    CHECK(request.queryParameter("empty").empty());
    CHECK(request.queryParameter("absent").empty());
    request.query = "x=%zz";
    CHECK_THROWS_AS(request.queryParameter("x"), Error);
}
