#include <atomic>

#include "middleware_fixture.h"

namespace gw::plugin_host {
namespace {

using namespace std::chrono_literals;

/// A link that answers PENDING in one phase, and the token it is to be resumed with.
struct Waiter {
    Waiter(ChainFixture& fixture, std::string in, bool fail_open = false, std::chrono::milliseconds timeout = 20s)
        : f(fixture), phase(std::move(in)), fake(fixture.add("waiter", 500, fail_open, timeout)) {
        fake.on_request = [this](gwp_txn* txn, const gwp_txn_api* api, gwp_error*) { return in_(txn, api, "request"); };
        fake.on_event = [this](gwp_txn* txn, const gwp_txn_api* api, const gwp_event*, const gwp_event_sink* out,
                               gwp_error*) {
            if (phase == "event") say(out, "instead");
            return in_(txn, api, "event");
        };
        fake.on_response = [this](gwp_txn* txn, const gwp_txn_api* api, gwp_error*) {
            return in_(txn, api, "response");
        };
    }
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;

    /// The phase under test, begun.
    Started<void> start() {
        if (phase == "request") return f.start(discard(f.transaction().onRequest(~0u)));
        f.begin();
        if (phase == "event") return f.start(f.transaction().onEvent(event, f.out));
        return f.start(f.transaction().onResponse(f.out));
    }
    /// From this thread, once the token is there.
    gwp_status resume(gwp_status verdict) {
        token.wait(0);
        return table.load()->resume(&f.instances[0]->context(), token, verdict);
    }

    ChainFixture& f;
    std::string phase;
    FakeMiddleware& fake;
    std::atomic<gwp_token> token{0};
    std::atomic<const gwp_txn_api*> table{nullptr};
    protocol::ChatEvent event{.kind = protocol::EventKind::Text, .text = "a"};

private:
    static io::Task<void> discard(io::Task<Transaction::Verdict> task) { (void)co_await std::move(task); }
    gwp_status in_(gwp_txn* txn, const gwp_txn_api* api, std::string_view now) {
        if (now != phase) return GWP_MW_PASS;
        table = api;
        const gwp_token given = api->token(txn);
        CHECK(given == api->token(txn));  // before the other thread goes on: assertions are not thread-safe
        token = given;
        token.notify_all();
        return GWP_MW_PENDING;
    }
};

}  // namespace

TEST_CASE("a phase waits until another thread resumes it", "[plugin_host]") {
    const std::string phase = GENERATE(as<std::string>(), "request", "event", "response");
    ChainFixture f;
    Waiter waiter(f, phase);
    auto done = waiter.start();
    CHECK(waiter.resume(GWP_MW_PASS) == GWP_OK);
    done.get();
    // Repeated and late.
    CHECK(waiter.resume(GWP_MW_PASS) == GWP_E_GONE);
    CHECK(f.out.words() == (phase == "event" ? "a" : ""));
    f.complete();
    CHECK(waiter.fake.completed == 1);
    CHECK(waiter.resume(GWP_MW_PASS) == GWP_E_GONE);
    f.destroy();
    CHECK(waiter.resume(GWP_MW_PASS) == GWP_E_GONE);
}

TEST_CASE("resume brings any verdict of the phase", "[plugin_host]") {
    struct Row {
        const char* phase;
        gwp_status verdict;
        const char* out;
        bool fails;
    };
    const auto row = GENERATE(values<Row>({{"request", GWP_E_IO, "", true},
                                           {"request", GWP_MW_RESPOND, "", false},
                                           {"request", GWP_MW_PENDING, "", true},
                                           {"event", GWP_MW_DROP, "", false},
                                           {"event", GWP_MW_REPLACE, "instead", false},
                                           {"event", GWP_MW_HOLD, "", false},
                                           {"event", GWP_MW_STOP, "", true},
                                           {"event", 77, "", true},
                                           {"response", GWP_E_INTERNAL, "", true}}));
    ChainFixture f;
    Waiter waiter(f, row.phase);
    auto done = waiter.start();
    CHECK(waiter.resume(row.verdict) == GWP_OK);
    CHECK(thrownBy([&] { done.get(); }).second.empty() != row.fails);
    CHECK(f.out.words() == row.out);
}

TEST_CASE("of many threads that resume one succeeds", "[plugin_host]") {
    ChainFixture f;
    Waiter waiter(f, "request");
    auto done = waiter.start();
    std::atomic<int> taken{0}, gone{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) threads.emplace_back([&] { ++(waiter.resume(GWP_MW_PASS) == GWP_OK ? taken : gone); });
    for (auto& thread : threads) thread.join();
    done.get();
    CHECK(taken == 1);
    CHECK(gone == 7);
}

TEST_CASE("resume may come before PENDING is returned, and from below the phase", "[plugin_host]") {
    const bool foreign = GENERATE(false, true);
    ChainFixture f;
    auto& one = f.add("one", 500);
    one.on_request = [&](gwp_txn* txn, const gwp_txn_api* api, gwp_error*) {
        const auto resume = [&, token = api->token(txn)] {
            CHECK(api->resume(&f.instances[0]->context(), token, GWP_MW_PASS) == GWP_OK);
        };
        if (foreign)
            std::thread(resume).join();
        else
            resume();
        return GWP_MW_PENDING;
    };
    f.begin();
}

TEST_CASE("a phase that is not resumed in time fails by on_failure", "[plugin_host]") {
    const std::string phase = GENERATE(as<std::string>(), "request", "event", "response");
    const bool open = GENERATE(false, true);
    ChainFixture f;
    Waiter waiter(f, phase, open, 5ms);
    auto done = waiter.start();
    CHECK(thrownBy([&] { done.get(); }).second == (open ? "" : "the middleware 'waiter' failed"));
    CHECK(waiter.resume(GWP_MW_PASS) == GWP_E_GONE);
    CHECK(f.out.words() == (open && phase == "event" ? "a" : ""));
}

TEST_CASE("a cancelled request waits no longer", "[plugin_host]") {
    const std::string phase = GENERATE(as<std::string>(), "request", "event", "response");
    struct Row {
        io::CancelReason reason;
        ErrorCode code;
    };
    const auto row = GENERATE(values<Row>({{io::CancelReason::ClientGone, ErrorCode::RequestTimeout},
                                           {io::CancelReason::Deadline, ErrorCode::UpstreamTimeout},
                                           {io::CancelReason::Shutdown, ErrorCode::ShuttingDown}}));
    ChainFixture f;
    Waiter waiter(f, phase, true);
    auto done = waiter.start();
    waiter.token.wait(0);
    f.run([&] { f.cancellation.cancel(row.reason); });
    const auto [code, words] = thrownBy([&] { done.get(); });
    CHECK(code == row.code);
    CHECK_FALSE(words.empty());
    CHECK(waiter.resume(GWP_MW_PASS) == GWP_E_GONE);
    f.complete(false);
    CHECK(waiter.fake.completed == 1);
}

TEST_CASE("what comes late to one phase is not the answer to the next", "[plugin_host]") {
    ChainFixture f;
    auto& one = f.add("one", 500, true, 5ms);
    gwp_token first = 0;
    const gwp_txn_api* table = nullptr;
    one.on_request = [&](gwp_txn* txn, const gwp_txn_api* api, gwp_error*) {
        first = api->token(txn);
        table = api;
        return GWP_MW_PENDING;
    };
    f.begin();  // too late
    gwp_token second = 0;
    one.on_event = [&](gwp_txn* txn, const gwp_txn_api* api, const gwp_event*, const gwp_event_sink*, gwp_error*) {
        second = api->token(txn);
        CHECK(api->resume(&f.instances[0]->context(), first, GWP_MW_DROP) == GWP_E_GONE);
        CHECK(api->resume(&f.instances[0]->context(), second, GWP_MW_PASS) == GWP_OK);
        return GWP_MW_PENDING;
    };
    f.event("a");
    CHECK(first != second);
    CHECK(f.host.tokens.alive(first));  // it still owns what was begun for it
    CHECK(f.out.words() == "a");
}

TEST_CASE("a token may be kept from phase to phase", "[plugin_host]") {
    ChainFixture f;
    auto& one = f.add("one", 500);
    gwp_token token = 0;
    one.on_request = [&](gwp_txn* txn, const gwp_txn_api* api, gwp_error*) {
        token = api->token(txn);
        return GWP_MW_PASS;
    };
    one.on_event = [&](gwp_txn*, const gwp_txn_api* api, const gwp_event*, const gwp_event_sink*, gwp_error*) {
        CHECK(api->resume(&f.instances[0]->context(), token, GWP_MW_DROP) == GWP_OK);
        return GWP_MW_PENDING;
    };
    f.begin();
    f.event("a");
    f.event("b");
    CHECK(f.out.events.empty());
}

TEST_CASE("one instance cannot resume what another waits for", "[plugin_host]") {
    ChainFixture f;
    Waiter waiter(f, "request");
    f.add("other", 600);
    auto done = waiter.start();
    waiter.token.wait(0);
    CHECK(waiter.table.load()->resume(&f.instances[1]->context(), waiter.token, GWP_MW_PASS) == GWP_E_GONE);
    CHECK(waiter.resume(GWP_MW_PASS) == GWP_OK);
    done.get();
}

TEST_CASE("a request that is given up while a plugin waits completes and frees once", "[plugin_host]") {
    ChainFixture f;
    Waiter waiter(f, "request");
    waiter.fake.on_error = [](gwp_txn* txn, const gwp_txn_api* api, gwp_error*) { api->set_state(txn, txn); };
    auto done = waiter.start();
    waiter.token.wait(0);
    f.run([&] { f.cancellation.cancel(io::CancelReason::ClientGone); });
    CHECK(thrownBy([&] { done.get(); }).second == "the client has left");
    (void)f.error(Error(ErrorCode::RequestTimeout, "the client has left"));
    f.destroy();
    CHECK(waiter.fake.completed == 1);
    CHECK(waiter.fake.freed == 1);
    CHECK(waiter.fake.result == GWP_E_CANCELLED);
    CHECK_FALSE(f.host.tokens.alive(waiter.token));
}

TEST_CASE("a token of a completed transaction is stale for services", "[plugin_host]") {
    ChainFixture f;
    Waiter waiter(f, "request");
    auto done = waiter.start();
    CHECK(waiter.resume(GWP_MW_PASS) == GWP_OK);
    done.get();
    CHECK(f.host.tokens.alive(waiter.token));
    f.complete();
    CHECK_FALSE(f.host.tokens.alive(waiter.token));
}

}  // namespace gw::plugin_host
