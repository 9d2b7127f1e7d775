#include "http/idempotent_handler.h"

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "auth/api_key.h"
#include "auth/bootstrap.h"
#include "config/schema_loader.h"
#include "http/server.h"
#include "io/loop_group.h"
#include "storage/key_repository.h"
#include "storage/user_repository.h"
#include "tests/support/catch.h"
#include "tests/support/storage_plugin.h"
#include "tests/unit/http/raw_client.h"

using namespace gw;
using namespace gw::http;
using namespace std::chrono_literals;
using test::RawClient;

namespace {

const std::string kFirst = "sk-first-user-0123456789abcdef0123456789",
                  kSecond = "sk-second-user-0123456789abcdef012345",
                  kFirstToo = "sk-first-user-another-key-0123456789abc",
                  kLess = "sk-first-user-may-less-0123456789abcd";

/// The real time, moved by what a test adds.
class MovableClock final : public Clock {
public:
    std::atomic<std::int64_t> ahead{0};  // seconds
    [[nodiscard]] MonoTime mono() const override { return std::chrono::steady_clock::now(); }
    [[nodiscard]] WallTime wall() const override { return SystemClock().wall() + std::chrono::seconds(ahead); }
};

/// Does what the body says, and counts how often it was let.
class Scripted final : public Handler {
public:
    std::atomic<int> runs{0};
    std::atomic<bool> go_on{false};
    io::Task<void> handle(Request& request, Response& response) override {
        const std::string number = std::to_string(++runs);
        const std::string what = std::exchange(request.body, {});
        if (what == "bad") throw Error(ErrorCode::InvalidRequest, "no good " + number);
        if (what == "forbidden") throw Error(ErrorCode::Forbidden, "not you " + number);
        if (what == "busy") throw Error(ErrorCode::RateLimited, "slowly " + number);
        if (what == "down") throw Error(ErrorCode::UpstreamError, "no upstream " + number);
        if (what == "crash") throw std::runtime_error("crash");
        if (what == "large") co_return co_await response.send(200, "text/plain", std::string(1024 * 1024 + 1, 'x'));
        if (what == "wait") co_await waitUntil(request);
        if (what.starts_with("stream")) co_return co_await stream(what, number, request, response);
        co_await response.send(201, "text/plain", what + " " + number);
    }

private:
    io::Task<void> waitUntil(const Request& request) const {
        while (!go_on && co_await io::sleepFor(*request.loop, 2ms, *request.cancellation)) continue;
    }
    io::Task<void> stream(const std::string& what, const std::string& number, Request& request, Response& response) {
        response.append("data: one " + number + "\n\n");
        co_await response.flush();
        if (what == "stream-left" && !co_await io::sleepFor(*request.loop, 1min, *request.cancellation)) co_return;
        if (what == "stream-fails") throw Error(ErrorCode::UpstreamTruncated, "cut");
        if (what == "stream-error") request.access.outcome = "upstream_error";
        response.append("data: two\n\n");
        co_await response.flush();
        response.append("data: [DONE]\n\n");
        co_await response.finishStream();
    }
};

struct Answer {
    int status = 0;
    std::string head, body;
    [[nodiscard]] bool replayed() const { return head.find("Idempotency-Replayed: true") != std::string::npos; }
    [[nodiscard]] bool has(std::string_view what) const { return head.find(what) != std::string::npos; }
};

struct Fixture {
    test::TemporaryDirectory directory;
    test::StoragePlugin plugin;
    std::optional<storage::Store> store;
    MovableClock clock;
    std::optional<auth::Authenticator> authenticator;
    std::optional<sessions::Idempotency> idempotency;
    Scripted scripted;
    std::optional<IdempotentHandler> plain, sealed;
    Router router;
    HttpOptions options;
    std::atomic<int> over{0};  // requests
    io::LoopGroup loops{2};
    std::optional<Server> server;

    Fixture() {
        auto made = plugin.make(R"({"path":")" + directory.file("gateway.db") + R"(","synchronous":"normal"})");
        INFO(made.reason);
        REQUIRE(made.instance);
        store.emplace(std::move(made.instance), plugin.workers(), 2);
        store->open(config::loadSchema(std::string(GATEWAY_SOURCE_DIR) + "/migrations"));
        authenticator.emplace(*store, clock, auth::AuthenticatorOptions{});
        idempotency.emplace(*store, clock, sessions::IdempotencyOptions{});
        addUser("usr_1", {kFirst, kFirstToo}, {});
        addUser("usr_2", {kSecond}, {});
        addKey("usr_1", kLess, {"models"});
        using Keep = IdempotentHandler::Keep;
        plain.emplace(scripted, *idempotency, *authenticator, Keep::Plain);
        sealed.emplace(scripted, *idempotency, *authenticator, Keep::Sealed);
        router.add("POST", "/a", *plain, Door::Native);
        router.add("POST", "/v1/b", *plain, Door::OpenAi);
        router.add("POST", "/sealed", *sealed, Door::Native);
        options.address = "127.0.0.1";
        options.port = 0;
        server.emplace(options, router, [this](const Request& /*request*/) { ++over; });
        server->start(loops);
    }
    Fixture(const Fixture&) = delete;
    Fixture& operator=(const Fixture&) = delete;
    ~Fixture() {
        server->drain(0ms);
        plugin.workers().stop();
        loops.stop();
        store.reset();
    }

    void addUser(const std::string& id, const std::vector<std::string>& keys, const std::vector<std::string>& scopes) {
        store->inTransaction([&](storage::StoreSession& session) {
            REQUIRE(storage::UserRepository(session).insert(
                {.id = UserId(id), .username = id, .role = "user", .email = {}, .created_at = {}, .updated_at = {}}));
        });
        for (const auto& key : keys) addKey(id, key, scopes);
    }
    void addKey(const std::string& user, const std::string& key, const std::vector<std::string>& scopes) {
        const auto hash = auth::keyHash(key);
        store->inTransaction([&](storage::StoreSession& session) {
            storage::ApiKey row;
            row.id = KeyId("key_" + hash.substr(0, 20));
            row.user = UserId(user);
            row.name = "test";
            row.hash = hash;
            row.prefix = auth::keyPrefix(key);
            row.scopes = scopes;
            REQUIRE(storage::KeyRepository(session).insert(row));
        });
    }

    static std::string request(const std::string& body, const std::string& header, const std::string& user = kFirst,
                               const std::string& path = "/a") {
        return "POST " + path + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: Bearer " + user + "\r\n" +
               header + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    }
    static Answer parsed(const std::string& raw) {
        INFO(raw.substr(0, 200));
        REQUIRE(raw.starts_with("HTTP/1.1 "));
        const auto end = raw.find("\r\n\r\n");
        return {std::stoi(raw.substr(9, 3)), raw.substr(0, end), raw.substr(end + 4)};
    }
    [[nodiscard]] Answer send(const std::string& raw) const {
        RawClient client(server->port());
        client.send(raw);
        return parsed(client.readAll());
    }
    [[nodiscard]] Answer post(const std::string& body, const std::string& key = "k", const std::string& user = kFirst,
                              const std::string& path = "/a") const {
        return send(request(body, "Idempotency-Key: " + key + "\r\n", user, path));
    }
    template <class F>
    static bool soon(F condition) {
        for (int i = 0; i < 1000 && !condition(); ++i) std::this_thread::sleep_for(5ms);
        return condition();
    }
};

}  // namespace

TEST_CASE("without Idempotency-Key every request runs", "[http]") {
    const Fixture f;
    CHECK(f.send(Fixture::request("a", "")).body == "a 1");
    CHECK(f.send(Fixture::request("a", "")).body == "a 2");
}

TEST_CASE("the same key and body are answered again with what is kept", "[http]") {
    const Fixture f;
    const auto first = f.post("a");
    const auto again = f.post("a");
    CHECK(first.status == 201);
    CHECK(first.body == "a 1");
    CHECK_FALSE(first.replayed());
    CHECK(again.status == 201);
    CHECK(again.body == "a 1");
    CHECK(again.has("Content-Type: text/plain"));
    CHECK(again.replayed());
    CHECK(f.scripted.runs == 1);
    CHECK(f.post("a", "another").body == "a 2");
    CHECK(f.post("a", "k", kFirstToo).body == "a 1");
}

TEST_CASE("a finished stream is replayed byte for byte", "[http]") {
    const Fixture f;
    const auto first = f.post("stream");
    const auto again = f.post("stream");
    CHECK(first.status == 200);
    CHECK(again.status == 200);
    CHECK(again.has("Content-Type: text/event-stream"));
    CHECK(again.has("Cache-Control: no-cache"));
    CHECK(again.body.find("data: one 1\n\ndata: two\n\ndata: [DONE]\n\n") != std::string::npos);
    CHECK(again.body.ends_with("0\r\n\r\n"));
    CHECK(f.scripted.runs == 1);
}

TEST_CASE("a key that comes with another body or route is refused", "[http]") {
    const Fixture f;
    CHECK(f.post("a").status == 201);
    const auto other_body = f.post("b");
    CHECK(other_body.status == 409);
    CHECK(other_body.body.find("idempotency_conflict") != std::string::npos);
    CHECK(other_body.has("x-should-retry: false"));
    const auto other_route = f.post("a", "k", kFirst, "/v1/b");
    CHECK(other_route.status == 409);
    CHECK(other_route.body.find(R"("param":"Idempotency-Key")") != std::string::npos);
    CHECK(f.scripted.runs == 1);
}

TEST_CASE("another user's key is another key", "[http]") {
    const Fixture f;
    CHECK(f.post("a", "k", kFirst).body == "a 1");
    CHECK(f.post("a", "k", kSecond).body == "a 2");
    CHECK(f.post("a", "k", kFirst).body == "a 1");
}

TEST_CASE("an answer is not given to a key of the same user that may do less", "[http]") {
    const Fixture f;
    CHECK(f.post("a").status == 201);
    CHECK(f.post("a", "k", kLess).status == 409);
    CHECK(f.post("a", "k", "sk-unknown-0123456789").status == 401);
}

TEST_CASE("a request that runs is not run twice", "[http]") {
    Fixture f;
    RawClient running(f.server->port());
    running.send(Fixture::request("wait", "Idempotency-Key: k\r\n"));
    REQUIRE(Fixture::soon([&] { return f.scripted.runs == 1; }));
    const auto meanwhile = f.post("wait");
    CHECK(meanwhile.status == 409);
    CHECK(meanwhile.has("Retry-After: 1"));
    CHECK(meanwhile.body.find("idempotency_conflict") != std::string::npos);
    f.scripted.go_on = true;
    CHECK(Fixture::parsed(running.readAll()).body == "wait 1");
    CHECK(f.post("wait").body == "wait 1");
    CHECK(f.scripted.runs == 1);
}

TEST_CASE("an attempt that came to nothing frees its key", "[http]") {
    const auto what = GENERATE("down", "busy", "crash", "forbidden", "large", "stream-fails", "stream-error");
    const Fixture f;
    INFO(what);
    const auto first = f.post(what);
    const auto second = f.post(what);
    CHECK(first.status == second.status);
    CHECK_FALSE(second.replayed());
    CHECK(f.scripted.runs == 2);
    CHECK(f.post("a").status == 201);
}

TEST_CASE("what the client did wrong is kept like any answer", "[http]") {
    const Fixture f;
    for (const char* path : {"/a", "/v1/b"}) {
        const auto first = f.post("bad", path, kFirst, path);
        const auto again = f.post("bad", path, kFirst, path);
        CHECK(first.status == 400);
        CHECK(again.status == 400);
        CHECK(again.body == first.body);
        CHECK(again.replayed());
    }
    CHECK(f.scripted.runs == 2);
}

TEST_CASE("a client that leaves in the middle frees its key", "[http]") {
    const Fixture f;
    {
        RawClient leaving(f.server->port());
        leaving.send(Fixture::request("stream-left", "Idempotency-Key: k\r\n"));
        CHECK(leaving.readUntil("data: one").find("data: one 1") != std::string::npos);
    }
    REQUIRE(Fixture::soon([&] { return f.over == 1; }));
    CHECK(f.post("a").body == "a 2");
}

TEST_CASE("a run whose gateway died blocks its key until the lease ends", "[http]") {
    Fixture f;
    const auto claim = [&](const char* fingerprint) {
        std::optional<sessions::Idempotency::Claim> result;
        std::atomic<bool> done{false};
        f.loops[0].post([&] {
            f.loops[0].spawn([](Fixture& fix, std::string print, auto& out, std::atomic<bool>& end) -> io::Task<void> {
                try {
                    out = co_await fix.idempotency->claim(UserId("usr_1"), "k", [&] { return print; });
                } catch (const Error& error) {
                    CHECK(error.code() == ErrorCode::IdempotencyConflict);
                }
                end = true;
            }(f, fingerprint, result, done));
        });
        REQUIRE(Fixture::soon([&] { return done.load(); }));
        return result;
    };
    const auto dead = claim("print");
    REQUIRE(dead);
    CHECK_FALSE(claim("print"));
    f.clock.ahead = 15 * 60 + 1;
    CHECK_FALSE(claim("other print"));
    CHECK(claim("print"));
    CHECK_FALSE(claim("print"));
}

TEST_CASE("a key is forgotten after a day", "[http]") {
    Fixture f;
    CHECK(f.post("a").body == "a 1");
    f.clock.ahead = 24 * 60 * 60 - 60;
    CHECK(f.post("a").body == "a 1");
    f.clock.ahead = 24 * 60 * 60 + 60;
    CHECK(f.post("b").body == "b 2");
}

TEST_CASE("expired keys leave as new ones come", "[http]") {
    Fixture f;
    for (int i = 0; i < 5; ++i) CHECK(f.post("a", "old " + std::to_string(i)).status == 201);
    f.clock.ahead = 25 * 60 * 60;
    for (int i = 0; i < 64; ++i) CHECK(f.post("a", "new " + std::to_string(i)).status == 201);
    std::size_t left = 0;
    f.store->withSession([&](storage::StoreSession& session) {
        plugin_host::Query all;
        all.collection = "idempotency";
        left = session.find(all).rows.size();
    });
    CHECK(left == 64);
}

TEST_CASE("a key that is none is refused by name", "[http]") {
    const Fixture f;
    const auto bad = GENERATE(std::string(), std::string(256, 'k'), std::string("gr\xC3\xBC\xC3\x9F"));
    const auto answer = f.send(Fixture::request("a", "Idempotency-Key: " + bad + "\r\n"));
    CHECK(answer.status == 400);
    CHECK(answer.body.find("Idempotency-Key") != std::string::npos);
    CHECK(f.scripted.runs == 0);
    CHECK(f.post("a", std::string(255, 'k')).status == 201);
}

TEST_CASE("an answer with a secret is kept so that only its credential can read it", "[http]") {
    const Fixture f;
    const auto first = f.post("secret", "k", kFirst, "/sealed");
    CHECK(first.body == "secret 1");
    CHECK(f.post("secret", "k", kFirst, "/sealed").body == "secret 1");
    CHECK(f.post("secret", "k", kFirstToo, "/sealed").status == 409);
    CHECK(f.scripted.runs == 1);
    std::ifstream log(f.directory.file("gateway.db-wal"), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(log), {}};
    REQUIRE(bytes.find("usr_1") != std::string::npos);
    CHECK(bytes.find("secret 1") == std::string::npos);
}
