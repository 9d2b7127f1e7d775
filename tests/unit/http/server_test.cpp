#include "http/server.h"

#include <Poco/Exception.h>

#include <atomic>
#include <mutex>
#include <new>
#include <stdexcept>
#include <thread>

#include "tests/support/catch.h"
#include "tests/unit/http/cases.h"
#include "tests/unit/http/raw_client.h"

using namespace gw;
using namespace gw::http;
using namespace std::chrono_literals;
using test::count;
using test::RawClient;

namespace {

class Echo final : public Handler {
public:
    io::Task<void> handle(Request& request, Response& response) override {
        const std::string body = request.method + " " + request.path + " " + request.body;
        co_await response.send(200, "text/plain", body);
    }
};

class Guarded final : public Handler {
public:
    void admit(const Request& /*head*/) const override { throw Error(ErrorCode::Unauthenticated, "no key"); }
    io::Task<void> handle(Request& /*request*/, Response& response) override { co_await response.sendEmpty(204); }
};

/// Waits for the end of its request, as for an upstream, and says why it ended.
class Waiter final : public Handler {
public:
    std::atomic<int> waiting{0};
    std::atomic<int> reason{0};
    io::Task<void> handle(Request& request, Response& response) override {
        if (request.query == "stream") {
            response.append("data: 1\n\n");
            co_await response.flush();
        }
        ++waiting;
        co_await io::sleepFor(*request.loop, 1min, *request.cancellation);
        reason = static_cast<int>(request.cancellation->reason());
    }
};

/// Streams `query` bytes in bursts of 10,000.
class Flood final : public Handler {
public:
    std::atomic<std::size_t> sent{0};
    std::atomic<bool> gave_up{false};
    io::Task<void> handle(Request& request, Response& response) override {
        const std::size_t total = std::stoul(request.query);
        const std::string burst = "data: " + std::string(9992, 'x') + "\n\n";
        for (std::size_t done = 0; done < total; done += burst.size()) {
            response.append(burst);
            if (!co_await response.flush()) {
                gave_up = true;
                co_return;
            }
            sent += burst.size();
        }
        co_await response.finishStream();
    }
};

class Thrower final : public Handler {
public:
    io::Task<void> handle(Request& request, Response& response) override {
        if (request.query.starts_with("late-")) {
            response.append("data: 1\n\n");
            co_await response.flush();
        }
        if (request.query.ends_with("int")) throw 42;
        if (request.query.ends_with("std")) throw std::runtime_error("secret");
        if (request.query.ends_with("alloc")) throw std::bad_alloc();
        if (request.query.ends_with("poco")) throw Poco::RuntimeException("secret");
        if (request.query.ends_with("quota")) throw Error(ErrorCode::InsufficientQuota, "spent").withRetryAfter(1500ms);
        throw Error(ErrorCode::UpstreamError, "upstream says no", "secret");
    }
};

class Silent final : public Handler {
public:
    io::Task<void> handle(Request& request, Response& response) override {
        response.keepAliveEvery(20ms);
        co_await io::sleepFor(*request.loop, 70ms, *request.cancellation);
        response.append("data: x\n\n");
        co_await response.finishStream();
    }
};

class Mirror final : public Handler {
public:
    io::Task<void> handle(Request& /*request*/, Response& response) override {
        response.setHeader("X-Good", "a");
        response.setHeader("X-Bad", "a\r\nX-Evil: 1");
        response.setHeader("X Bad", "a");
        co_await response.sendJson(200, "{}");
    }
};

struct Fixture {
    Echo echo;
    Guarded guarded;
    Waiter waiter;
    Flood flood;
    Thrower thrower;
    Silent silent;
    Mirror mirror;
    Router router;
    HttpOptions options;
    std::mutex mutex;
    std::vector<AccessRecord> records;
    io::LoopGroup loops{2};
    std::unique_ptr<Server> server;

    Fixture() {
        for (const char* method : {"GET", "POST"}) {
            router.add(method, "/echo", echo, Door::Native);
            router.add(method, "/early", guarded, Door::OpenAi);
        }
        router.add("GET", "/wait", waiter, Door::Native);
        router.add("GET", "/flood", flood, Door::Native);
        router.add("GET", "/throw", thrower, Door::Native);
        router.add("GET", "/v1/throw", thrower, Door::OpenAi);
        router.add("GET", "/silent", silent, Door::Native);
        router.add("GET", "/mirror", mirror, Door::Native);
        options.address = "127.0.0.1";
        options.port = 0;
    }
    ~Fixture() {
        if (server) server->drain(0ms);
        loops.stop();
    }
    Fixture(const Fixture&) = delete;
    Fixture& operator=(const Fixture&) = delete;

    std::uint16_t start() {
        server = std::make_unique<Server>(options, router, [this](const Request& request) {
            const std::scoped_lock lock(mutex);
            records.push_back(request.access);
        });
        server->start(loops);
        return server->port();
    }
    AccessRecord lastRecord(std::size_t wanted = 1) {
        for (int i = 0; i < 500; ++i) {
            {
                const std::scoped_lock lock(mutex);
                if (records.size() >= wanted) return records.back();
            }
            std::this_thread::sleep_for(10ms);
        }
        return {};
    }
    template <class F>
    static bool soon(F condition) {
        for (int i = 0; i < 500 && !condition(); ++i) std::this_thread::sleep_for(10ms);
        return condition();
    }
};

std::string get(const std::string& target, const std::string& fields = "Connection: close\r\n") {
    return "GET " + target + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
}

std::string ask(std::uint16_t port, const std::string& request) {
    RawClient client(port);
    client.send(request);
    return client.readAll();
}

}  // namespace

TEST_CASE("every case is answered once, whole and byte by byte", "[http]") {
    Fixture f;
    const auto port = f.start();
    for (const auto& each : test::httpCases()) {
        for (const std::size_t step : {each.raw.size(), std::size_t(1)}) {
            if (step == 1 && each.raw.size() > 2048) continue;
            RawClient client(port);
            for (std::size_t at = 0; at < each.raw.size(); at += step)
                if (!client.send(each.raw.substr(at, step))) break;
            client.finish();
            std::string answer = client.readAll();
            if (answer.starts_with("HTTP/1.1 100")) answer.erase(0, answer.find("\r\n\r\n") + 4);
            INFO(each.id << " in steps of " << step << ": " << answer.substr(0, 200));
            CHECK(client.closed());
            CHECK_FALSE(client.wasReset());
            REQUIRE(answer.starts_with("HTTP/1.1 "));
            CHECK(each.expects(std::stoi(answer.substr(9, 3))));
            CHECK(count(answer, "HTTP/1.1 ") <= each.max_responses);
            CHECK(answer.find("\r\nX-Request-Id: ") != std::string::npos);
        }
    }
}

TEST_CASE("a thousand requests in one write are answered in order", "[http]") {
    Fixture f;
    const auto port = f.start();
    std::string all;
    for (int i = 0; i < 1000; ++i)
        all += "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n" + std::to_string(1000 + i);
    RawClient client(port);
    std::thread writer([&] { client.send(all), client.finish(); });
    const std::string answers = client.readAll();
    writer.join();
    std::size_t at = 0;
    int in_order = 0;
    for (int i = 0; i < 1000; ++i) {
        at = answers.find("POST /echo " + std::to_string(1000 + i), at);
        if (at == std::string::npos) break;
        ++in_order;
    }
    CHECK(in_order == 1000);
}

TEST_CASE("connections are kept as the client asks", "[http]") {
    Fixture f;
    const auto port = f.start();
    CHECK(count(ask(port, get("/echo", "") + get("/echo")), "200 OK") == 2);
    CHECK(ask(port, "GET /echo HTTP/1.0\r\n\r\n").find("Connection: close") != std::string::npos);
    const auto kept = ask(port, "GET /echo HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /echo HTTP/1.0\r\n\r\n");
    CHECK(count(kept, "200 OK") == 2);
    CHECK(count(kept, "Connection: keep-alive") == 1);
    const auto head = ask(port, "HEAD /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    CHECK(head.find("Content-Length: 11\r\n") != std::string::npos);
    CHECK(head.ends_with("\r\n\r\n"));
}

TEST_CASE("a request id is the client's if it is fit", "[http]") {
    Fixture f;
    const auto port = f.start();
    CHECK(ask(port, get("/echo", "X-Request-Id: mine-1\r\nConnection: close\r\n")).find("X-Request-Id: mine-1\r\n") !=
          std::string::npos);
    CHECK(ask(port, get("/echo", "X-Request-Id: a b\r\nConnection: close\r\n")).find("X-Request-Id: req_") !=
          std::string::npos);
    const std::string over(129, 'a');
    CHECK(ask(port, get("/echo", "X-Request-Id: " + over + "\r\nConnection: close\r\n")).find("X-Request-Id: req_") !=
          std::string::npos);
}

TEST_CASE("100 Continue is said only to a body that will be read", "[http]") {
    Fixture f;
    const auto port = f.start();
    RawClient client(port);
    client.send(
        "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\nConnection: close\r\n\r\n");
    CHECK(client.readUntil("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("hi");
    CHECK(client.readAll().ends_with("POST /echo hi"));

    const auto refused =
        ask(port, "POST /early HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    CHECK(refused.starts_with("HTTP/1.1 401"));
    CHECK(refused.find("WWW-Authenticate: Bearer\r\n") != std::string::npos);
    CHECK(refused.find("\"invalid_api_key\"") != std::string::npos);
}

TEST_CASE("a refused body is drained when small, and the error is readable when large", "[http]") {
    Fixture f;
    const auto port = f.start();
    const auto small = ask(port, "POST /early HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello" + get("/echo"));
    CHECK(count(small, "HTTP/1.1 ") == 2);
    const std::string megabyte(1000000, 'x');
    for (const char* framing : {"Content-Length: 50000000\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\nf4240\r\n"}) {
        RawClient client(port);
        client.send("POST /early HTTP/1.1\r\nHost: a\r\n" + std::string(framing) + megabyte.substr(0, 900000));
        const auto answer = client.readAll();
        CHECK(answer.starts_with("HTTP/1.1 401"));
        CHECK(answer.find("Connection: close\r\n") != std::string::npos);
        CHECK_FALSE(client.wasReset());
    }
}

TEST_CASE("slow heads, slow bodies and idle connections end at their deadlines", "[http]") {
    Fixture f;
    f.options.head_timeout = 150ms;
    f.options.idle_timeout = 150ms;
    f.options.body_timeout = 2s;
    f.options.body_grace = 100ms;
    f.options.linger = 50ms;
    const auto port = f.start();
    SECTION("a dribbled head is 408 at the total deadline") {
        RawClient client(port);
        const auto begun = std::chrono::steady_clock::now();
        std::thread dribbler([&] {
            for (int i = 0; i < 40 && client.send("G"); ++i) std::this_thread::sleep_for(10ms);
        });
        const auto answer = client.readAll();
        dribbler.join();
        CHECK(answer.starts_with("HTTP/1.1 408"));
        CHECK(std::chrono::steady_clock::now() - begun < 1s);
        CHECK(f.lastRecord().status == 408);
    }
    SECTION("a dribbled body is 408") {
        RawClient client(port);
        client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n");
        CHECK(client.readAll().starts_with("HTTP/1.1 408"));
    }
    SECTION("silence from the start and between requests is closed without a word") {
        RawClient silent(port);
        CHECK((silent.readAll().empty() && silent.closed()));
        RawClient idle(port);
        idle.send(get("/echo", ""));
        CHECK(count(idle.readAll(), "HTTP/1.1 ") == 1);
        CHECK(idle.closed());
    }
}

TEST_CASE("what a handler throws becomes an error of the door, and the process lives", "[http]") {
    Fixture f;
    const auto port = f.start();
    for (const char* what : {"int", "std", "alloc", "poco"}) {
        const auto early = ask(port, get("/throw?" + std::string(what)));
        CHECK(early.starts_with("HTTP/1.1 500"));
        CHECK(early.find("\"internal_error\"") != std::string::npos);
        CHECK(early.find("secret") == std::string::npos);
        const auto late = ask(port, get("/throw?late-" + std::string(what)));
        CHECK(late.starts_with("HTTP/1.1 200"));
        CHECK(late.find("event: error\ndata: {\"error\":") != std::string::npos);
        CHECK(late.ends_with("0\r\n\r\n"));
        const auto open_ai = ask(port, get("/v1/throw?late-" + std::string(what)));
        CHECK(open_ai.find("\n\ndata: {\"error\":") == std::string::npos);  // a chunk of its own
        CHECK(open_ai.find("data: {\"error\":") != std::string::npos);
        CHECK(open_ai.find("[DONE]") == std::string::npos);
    }
    const auto quota = ask(port, get("/throw?quota"));
    CHECK(quota.starts_with("HTTP/1.1 429"));
    CHECK(quota.find("Retry-After: 2\r\n") != std::string::npos);
    CHECK(quota.find("x-should-retry: false\r\n") != std::string::npos);
    CHECK(ask(port, get("/throw?other")).starts_with("HTTP/1.1 502"));
    const auto wrong = ask(port, "DELETE /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    CHECK(wrong.find("Allow: GET, HEAD, POST, OPTIONS\r\n") != std::string::npos);
}

TEST_CASE("no header can split an answer", "[http]") {
    Fixture f;
    const auto answer = ask(f.start(), get("/mirror"));
    CHECK(answer.find("X-Good: a\r\n") != std::string::npos);
    CHECK(answer.find("X-Bad") == std::string::npos);
    CHECK(answer.find("X-Evil") == std::string::npos);
    CHECK(answer.find("X Bad") == std::string::npos);
}

TEST_CASE("a handler that waits is called off when its client leaves", "[http]") {
    Fixture f;
    const auto port = f.start();
    for (const char* target : {"/wait", "/wait?stream"}) {
        const int before = f.waiter.waiting;
        {
            RawClient client(port);
            client.send(get(target));
            REQUIRE(Fixture::soon([&] { return f.waiter.waiting > before; }));
        }
        REQUIRE(Fixture::soon([&] { return f.waiter.reason == static_cast<int>(io::CancelReason::ClientGone); }));
        f.waiter.reason = 0;
        CHECK(Fixture::soon([&] { return f.server->connections() == 0; }));
    }
    CHECK(f.lastRecord(2).outcome == "client_gone");
}

TEST_CASE("the whole request has a deadline", "[http]") {
    Fixture f;
    f.options.request_timeout = 100ms;
    CHECK(ask(f.start(), get("/wait")).starts_with("HTTP/1.1 504"));
}

TEST_CASE("a slow reader holds its writer, and is given up when it stalls", "[http]") {
    Fixture f;
    f.options.write_stall = 300ms;
    const auto port = f.start();
    SECTION("held, then served whole") {
        RawClient client(port);
        client.send(get("/flood?20000000"));
        REQUIRE(Fixture::soon([&] { return f.flood.sent > 0; }));
        std::this_thread::sleep_for(100ms);
        CHECK(f.flood.sent < 15000000);  // the rest waits for the reader
        const auto all = client.readAll(20s);
        CHECK(all.size() > 20000000);
        CHECK(all.ends_with("0\r\n\r\n"));
    }
    SECTION("stalled") {
        RawClient client(port);
        client.send(get("/flood?20000000"));
        CHECK(Fixture::soon([&] { return f.flood.gave_up.load(); }));
        CHECK(f.lastRecord().outcome == "client_gone");
    }
}

TEST_CASE("silence in a stream is filled with comments", "[http]") {
    Fixture f;
    const auto answer = ask(f.start(), get("/silent"));
    CHECK(count(answer, ": keep-alive\n\n") >= 2);
    CHECK(answer.find("Content-Type: text/event-stream\r\n") != std::string::npos);
    CHECK(answer.ends_with("0\r\n\r\n"));
    const auto old = ask(f.server->port(), "GET /silent HTTP/1.0\r\n\r\n");
    CHECK(old.find("chunked") == std::string::npos);
    CHECK(old.ends_with("data: x\n\n"));
}

TEST_CASE("one connection too many is told so", "[http]") {
    Fixture f;
    f.options.max_connections = 2;
    const auto port = f.start();
    RawClient first(port), second(port);
    REQUIRE(Fixture::soon([&] { return f.server->connections() == 2; }));
    const auto answer = ask(port, "");
    CHECK(answer.starts_with("HTTP/1.1 503"));
    CHECK(answer.find("Retry-After: 1\r\n") != std::string::npos);
    first.finish();
    CHECK(Fixture::soon([&] { return f.server->connections() == 1; }));
    CHECK(ask(port, get("/echo")).starts_with("HTTP/1.1 200"));
}

TEST_CASE("CORS is off by default and exact when on", "[http]") {
    Fixture f;
    const std::string preflight =
        "OPTIONS /echo HTTP/1.1\r\nHost: a\r\nAccess-Control-Request-Method: POST\r\nConnection: close\r\nOrigin: ";
    SECTION("off") {
        const auto answer = ask(f.start(), preflight + "https://a.example\r\n\r\n");
        CHECK(answer.starts_with("HTTP/1.1 204"));
        CHECK(answer.find("Access-Control") == std::string::npos);
    }
    SECTION("on, with credentials") {
        f.options.cors.origins = {"https://a.example", "*"};
        f.options.cors.credentials = true;
        const auto port = f.start();
        const auto answer = ask(port, preflight + "https://a.example\r\n\r\n");
        CHECK(answer.find("Access-Control-Allow-Origin: https://a.example\r\n") != std::string::npos);
        CHECK(answer.find("Access-Control-Allow-Credentials: true\r\n") != std::string::npos);
        CHECK(answer.find("Access-Control-Max-Age: 600\r\n") != std::string::npos);
        CHECK(answer.find("Vary: Origin\r\n") != std::string::npos);
        for (const char* bad : {"null", "https://a.example.evil", "https://evila.example", "http://a.example", "*"})
            CHECK(ask(port, preflight + bad + "\r\n\r\n").find("Access-Control-Allow") == std::string::npos);
    }
    SECTION("any origin, without credentials") {
        f.options.cors.origins = {"*"};
        const auto answer = ask(f.start(), get("/echo", "Origin: https://x\r\nConnection: close\r\n"));
        CHECK(answer.find("Access-Control-Allow-Origin: *\r\n") != std::string::npos);
    }
}

TEST_CASE("draining closes what is idle, lets answers end, and calls off the rest", "[http]") {
    Fixture f;
    const auto port = f.start();
    RawClient idle(port);
    idle.send(get("/echo", ""));
    idle.readUntil("GET /echo");
    RawClient busy(port);
    busy.send(get("/flood?20000000", ""));
    RawClient endless(port);
    endless.send(get("/wait?stream", ""));
    REQUIRE(Fixture::soon([&] { return f.waiter.waiting == 1 && f.flood.sent > 0; }));

    std::string streamed;
    std::thread reader([&] { streamed = busy.readAll(20s); });
    const auto begun = std::chrono::steady_clock::now();
    f.server->drain(1500ms);
    const auto took = std::chrono::steady_clock::now() - begun;
    reader.join();
    CHECK((took > 1s && took < 4s));
    CHECK((idle.readAll().empty() && idle.closed()));
    CHECK(streamed.ends_with("0\r\n\r\n"));
    const auto rest = endless.readAll();
    CHECK(rest.find("\"shutting_down\"") != std::string::npos);
    CHECK(rest.ends_with("0\r\n\r\n"));
    CHECK(f.waiter.reason == static_cast<int>(io::CancelReason::Shutdown));
    CHECK(f.server->connections() == 0);
    CHECK_FALSE(RawClient(port).connected());
}

TEST_CASE("each loop can have a listening socket of its own", "[http]") {
    Fixture f;
    f.options.reuse_port = true;
    const auto port = f.start();
    for (int i = 0; i < 20; ++i) CHECK(ask(port, get("/echo")).starts_with("HTTP/1.1 200"));
}

TEST_CASE("what ends is logged once, also what never had a head", "[http]") {
    Fixture f;
    const auto port = f.start();
    ask(port, get("/echo?x"));
    const auto good = f.lastRecord(1);
    CHECK((good.status == 200 && good.outcome == "ok" && good.route == "/echo"));
    CHECK(good.bytes_in == get("/echo?x").size());
    ask(port, "GARBAGE\r\n\r\n");
    const auto bad = f.lastRecord(2);
    CHECK((bad.status == 400 && bad.outcome == "invalid_request" && bad.route.empty()));
}
