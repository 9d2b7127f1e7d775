#include <sys/wait.h>

#include <atomic>
#include <csignal>
#include <future>
#include <thread>

#include "io/loop_group.h"
#include "plugin_host/arena.h"
#include "plugin_host/crash_report.h"
#include "plugin_host/entry_mark.h"
#include "plugin_host/error_slot.h"
#include "plugin_host_fixture.h"

namespace gw::plugin_host {

namespace {

/// An instance as far as the services see it, with a loop for its owners.
struct ServiceFixture : PluginHostFixture {
    ServiceFixture() {
        context.name = "one";
        context.self = life;
        context.metrics.bind(metrics, "one");
        context.grants = {"kv"};
        context.secrets.push_back({"api_key", Secret("sk-very-secret")});
        context.handle = reinterpret_cast<gwp_instance*>(this);
    }
    ~ServiceFixture() {
        cancelTimers(context);
        loops.stop();
    }
    template <class T>
    const T* service(std::string_view id) {
        return static_cast<const T*>(gwpHost().get_service(&context, abi(id)));
    }
    /// Runs `job` on the loop and waits.
    void onLoop(const std::function<void()>& job) {
        loops.onEach([&](std::size_t) { job(); });
    }

    std::shared_ptr<int> life = std::make_shared<int>(0);
    InstanceContext context{parts};
    io::LoopGroup loops{1};
};

struct Outcome {
    std::promise<gwp_status> status;
    std::atomic<bool> ran{false};
    std::atomic<int> calls{0};
    std::thread::id thread;
};
void run(void* user) noexcept {
    static_cast<Outcome*>(user)->ran = true;
}
void done(void* user, gwp_status status) noexcept {
    auto& outcome = *static_cast<Outcome*>(user);
    outcome.thread = std::this_thread::get_id();
    if (++outcome.calls == 1) outcome.status.set_value(status);
}

}  // namespace

TEST_CASE("an arena gives aligned memory up to its limit and wipes what was secret", "[plugin_host]") {
    Arena arena(1u << 20);
    CHECK(reinterpret_cast<std::uintptr_t>(arena.allocate(3)) % 16 == 0);
    CHECK(reinterpret_cast<std::uintptr_t>(arena.allocate(0)) % 16 == 0);
    CHECK(arena.allocate(300'000) != nullptr);
    CHECK(arena.allocate(1u << 20) == nullptr);
    CHECK(arena.allocate(~0ull) == nullptr);
    CHECK(arena.copy("text") == "text");
    arena.reset();
    CHECK(arena.used() == 0);
    auto* bytes = static_cast<char*>(arena.allocate(16));
    bytes[0] = 's';
    arena.wipeAtEnd(bytes, 16);
    arena.reset();
    CHECK(arena.allocate(16) == bytes);  // the same block, still there
    CHECK(bytes[0] == 0);
}

TEST_CASE("a service needs its capability, and unknown ones are absent", "[plugin_host]") {
    ServiceFixture host;
    CHECK(host.service<gwp_svc_kv>(GWP_SVC_KV) != nullptr);
    host.context.grants.clear();
    CHECK(host.service<gwp_svc_kv>(GWP_SVC_KV) == nullptr);
    CHECK(host.service<gwp_svc_http>(GWP_SVC_HTTP) == nullptr);
    CHECK(gwpHost().get_service(&host.context, GWP_STR("gwp.telepathy/1")) == nullptr);
}

TEST_CASE("a secret leaves as a placeholder, comes back at the wire and never reaches the log", "[plugin_host]") {
    ServiceFixture host;
    const auto* secrets = host.service<gwp_svc_secrets>(GWP_SVC_SECRETS);
    Arena arena;
    gwp_str placeholder = {};
    REQUIRE(secrets->placeholder(&host.context, GWP_STR("api_key"), &arena, &placeholder) == GWP_OK);
    CHECK(view(placeholder).find("sk-very-secret") == std::string_view::npos);
    std::string header = "Bearer " + std::string(view(placeholder)) + "!";
    revealPlaceholders(host.context, header);
    CHECK(header == "Bearer sk-very-secret!");
    std::string forged = "\x01gwp-secret:99\x01 \x01gwp-secret:x\x01 \x01gwp-secret:";
    const std::string before = forged;
    revealPlaceholders(host.context, forged);
    CHECK(forged == before);
    CHECK(redacted(host.context, "key sk-very-secret.") == "key [redacted].");
    gwp_bytes value = {};
    CHECK(secrets->reveal(&host.context, GWP_STR("api_key"), &arena, &value) == GWP_E_DENIED);
    host.context.grants.emplace_back("secrets.reveal");
    CHECK(secrets->reveal(&host.context, GWP_STR("api_key"), &arena, &value) == GWP_OK);
    CHECK(view(value) == "sk-very-secret");
    CHECK(secrets->placeholder(&host.context, GWP_STR("other"), &arena, &placeholder) == GWP_E_NOT_FOUND);
    std::array<std::uint8_t, 32> digest{};
    host.context.secrets.push_back({"k", Secret("key")});
    const auto message = abiBytes("The quick brown fox jumps over the lazy dog");
    REQUIRE(secrets->hmac_sha256(&host.context, GWP_STR("k"), message, digest.data()) == GWP_OK);
    CHECK(digest[0] == 0xf7);
    CHECK(digest[31] == 0xd8);
}

TEST_CASE("metrics are defined while create or start runs, and series are capped", "[plugin_host]") {
    ServiceFixture host;
    const auto* metrics = host.service<gwp_svc_metrics>(GWP_SVC_METRICS);
    const gwp_str label = GWP_STR("word");
    std::uint32_t handle = 0;
    const auto define = [&](gwp_str name) {
        return metrics->define(&host.context, GWP_METRIC_COUNTER, name, GWP_STR("help"), gwp_str{}, &label, 1, &handle);
    };
    CHECK(define(GWP_STR("hits")) == GWP_E_DENIED);
    host.context.defining = true;
    CHECK(define(GWP_STR("bad name")) == GWP_E_INVALID);
    REQUIRE(define(GWP_STR("hits")) == GWP_OK);
    for (int i = 0; i < 2000; ++i) {
        const std::string word = "w" + std::to_string(i);
        const gwp_str value = abi(word);
        metrics->record(&host.context, handle, 1, &value, 1);
    }
    const std::string text = host.metrics.text();
    CHECK(text.find("gateway_plugin_hits") != std::string::npos);
    CHECK(text.find("_overflow") != std::string::npos);
    CHECK(text.find("w1999") == std::string::npos);
}

TEST_CASE("json nodes live in the arena, and an error names its place", "[plugin_host]") {
    ServiceFixture host;
    const auto* json = host.service<gwp_svc_json>(GWP_SVC_JSON);
    Arena arena;
    const gwp_json* root = nullptr;
    std::uint64_t offset = 0;
    REQUIRE(json->parse(&host.context, &arena, abiBytes(R"({"a":[1,"x\n"],"n":2.5})"), &root, &offset) == GWP_OK);
    CHECK(json->type(root) == GWP_JSON_OBJECT);
    CHECK(view(json->str(json->at(root, GWP_STR("/a/1")))) == "x\n");
    CHECK(json->at(root, GWP_STR("/b/1")) == nullptr);
    CHECK(json->type(json->at(nullptr, GWP_STR("/b"))) == GWP_JSON_NULL);
    CHECK(json->i64(json->at(root, GWP_STR("/a/0")), -1) == 1);
    gwp_str key = {};
    CHECK(json->num(json->item(root, 1, &key), 0) == 2.5);
    CHECK(view(key) == "n");
    CHECK(json->item(root, 2, &key) == nullptr);
    CHECK(json->parse(&host.context, nullptr, abiBytes("{}"), &root, &offset) == GWP_E_INVALID);
    host.context.defining = true;
    REQUIRE(json->parse(&host.context, nullptr, abiBytes("[7]"), &root, &offset) == GWP_OK);
    CHECK(json->i64(json->item(root, 0, nullptr), 0) == 7);
    host.context.defining = false;
    CHECK(json->parse(&host.context, &arena, abiBytes(R"({"a":})"), &root, &offset) == GWP_E_INVALID);
    CHECK(offset == 5);
    gwp_str quoted = {};
    CHECK(json->quote(&arena, GWP_STR("a\"b"), &quoted) == GWP_OK);
    CHECK(view(quoted) == R"("a\"b")");
    Arena small(64);
    CHECK(json->parse(&host.context, &small, abiBytes("[1,2,3,4,5,6,7,8,9,10]"), &root, &offset) == GWP_E_LIMIT);
}

TEST_CASE("a task runs on a worker and is done once, where its owner lives", "[plugin_host]") {
    ServiceFixture host;
    const auto* tasks = host.service<gwp_svc_task>(GWP_SVC_TASK);
    Outcome outcome;
    std::thread::id loop_thread;
    gwp_token owner = 0;
    host.onLoop([&] {
        loop_thread = std::this_thread::get_id();
        owner = host.tokens.create(*io::EventLoop::current(), &host);
    });
    REQUIRE(tasks->submit(&host.context, owner, run, done, &outcome) == GWP_OK);
    CHECK(outcome.status.get_future().get() == GWP_OK);
    CHECK(outcome.ran);
    CHECK(outcome.thread == loop_thread);
    host.onLoop([&] { host.tokens.release(owner); });
    CHECK(tasks->submit(&host.context, owner, run, done, &outcome) == GWP_E_GONE);
    Outcome free;
    REQUIRE(tasks->submit(&host.context, 0, run, done, &free) == GWP_OK);
    CHECK(free.status.get_future().get() == GWP_OK);
    CHECK(free.thread != loop_thread);
}

TEST_CASE("a task whose owner ends meanwhile is done as gone, once", "[plugin_host]") {
    ServiceFixture host;
    const auto* tasks = host.service<gwp_svc_task>(GWP_SVC_TASK);
    Outcome outcome;
    host.onLoop([&] {
        const gwp_token owner = host.tokens.create(*io::EventLoop::current(), &host);
        REQUIRE(tasks->submit(&host.context, owner, run, done, &outcome) == GWP_OK);
        while (!outcome.ran) std::this_thread::yield();  // this loop is busy, so the completion cannot have come yet
        host.tokens.release(owner);
    });
    CHECK(outcome.status.get_future().get() == GWP_E_GONE);
    CHECK(outcome.calls == 1);
}

TEST_CASE("a pool that stops ends waiting tasks as gone", "[plugin_host]") {
    ServiceFixture host;
    std::promise<void> blocked;
    auto gate = blocked.get_future().share();
    for (int i = 0; i < 2; ++i) REQUIRE(host.workers.submit([gate] { gate.wait(); }));
    Outcome outcome;
    const auto* tasks = host.service<gwp_svc_task>(GWP_SVC_TASK);
    REQUIRE(tasks->submit(&host.context, 0, run, done, &outcome) == GWP_OK);
    std::thread stopper([&] { host.workers.stop(); });
    auto future = outcome.status.get_future();
    blocked.set_value();
    const gwp_status status = future.get();
    CHECK((status == GWP_E_GONE || status == GWP_OK));  // it may have begun before the pool stopped
    stopper.join();
    CHECK(outcome.calls == 1);
}

TEST_CASE("a token is a number that goes stale for good", "[plugin_host]") {
    ServiceFixture host;
    host.onLoop([&] {
        const gwp_token first = host.tokens.create(*io::EventLoop::current(), &host);
        bool hooked = false;
        host.tokens.atRelease(first, [&] { hooked = true; });
        host.tokens.release(first);
        CHECK(hooked);
        const gwp_token second = host.tokens.create(*io::EventLoop::current(), &host);
        CHECK(first != second);
        CHECK_FALSE(host.tokens.alive(first));
        CHECK_FALSE(host.tokens.post(first, [](gwp_status, void*) {}));
        CHECK_FALSE(host.tokens.alive(0));
        CHECK(host.tokens.alive(second));
        host.tokens.release(first);  // harmless
        CHECK(host.tokens.alive(second));
        host.tokens.release(second);
    });
}

TEST_CASE("timers fire on the thread asked for, and never after cancel returned", "[plugin_host]") {
    ServiceFixture host;
    const auto* timers = host.service<gwp_svc_timer>(GWP_SVC_TIMER);
    struct Beat {
        std::atomic<int> count{0};
        std::thread::id thread;
    } main_beat, worker_beat;
    const auto fire = [](gwp_instance*, void* user) noexcept {
        auto& beat = *static_cast<Beat*>(user);
        beat.thread = std::this_thread::get_id();
        ++beat.count;
    };
    gwp_token on_main = 0, on_worker = 0;
    REQUIRE(timers->start(&host.context, 1, 1, 0, fire, &main_beat, &on_main) == GWP_OK);
    REQUIRE(timers->start(&host.context, 1, 1, 1, fire, &worker_beat, &on_worker) == GWP_OK);
    while (main_beat.count < 3 || worker_beat.count < 3) std::this_thread::yield();
    host.control.call([&] {
        CHECK(timers->cancel(&host.context, on_main) == GWP_OK);
        CHECK(timers->cancel(&host.context, on_worker) == GWP_OK);
        CHECK(timers->cancel(&host.context, on_main) == GWP_E_GONE);
        CHECK(main_beat.thread == std::this_thread::get_id());
        CHECK(worker_beat.thread != main_beat.thread);
    });
    const int main_count = main_beat.count, worker_count = worker_beat.count;
    host.control.call([] {});
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    CHECK(main_beat.count == main_count);
    CHECK(worker_beat.count == worker_count);
}

TEST_CASE("kv answers once, in the instance's own namespace", "[plugin_host]") {
    ServiceFixture host;
    const auto* kv = host.service<gwp_svc_kv>(GWP_SVC_KV);
    struct Answer {
        std::promise<std::tuple<gwp_status, std::string, std::int64_t>> promise;
    };
    const gwp_kv_done answered = [](void* user, gwp_status status, gwp_bytes value, std::int64_t number) noexcept {
        static_cast<Answer*>(user)->promise.set_value({status, std::string(view(value)), number});
    };
    const auto ask = [&](auto&& call) {
        Answer answer;
        REQUIRE(call(answered, &answer) == GWP_OK);
        return answer.promise.get_future().get();
    };
    const gwp_bytes key = abiBytes("k");
    const auto get = [&](auto d, void* u) { return kv->get(&host.context, 0, key, d, u); };
    const auto add = [&](auto d, void* u) { return kv->incr(&host.context, 0, abiBytes("n"), 5, 0, d, u); };
    const auto set = [&](auto d, void* u) { return kv->set(&host.context, 0, key, abiBytes("v"), 0, 1, d, u); };
    CHECK(std::get<0>(ask(get)) == GWP_E_NOT_FOUND);
    CHECK(std::get<0>(ask(set)) == GWP_OK);
    CHECK(std::get<0>(ask(set)) == GWP_E_EXISTS);
    CHECK(std::get<1>(ask(get)) == "v");
    CHECK(std::get<2>(ask(add)) == 5);
    CHECK(std::get<2>(ask(add)) == 10);
    host.context.name = "two";
    CHECK(std::get<0>(ask(get)) == GWP_E_NOT_FOUND);
}

TEST_CASE("memory behind kv stays within its bytes and forgets what is old", "[plugin_host]") {
    const SystemClock clock;
    MemoryStore store(clock, 10'000, 1'000);
    KeyValueStore::Answer last;
    const auto keep = [&](KeyValueStore::Answer answer) { last = std::move(answer); };
    for (int i = 0; i < 100; ++i) store.set("k" + std::to_string(i), {std::string(500, 'x'), {}, false}, keep);
    CHECK(store.bytes() <= 10'000);
    store.get("k0", keep);
    CHECK(last.outcome == KeyValueStore::Outcome::Absent);
    store.get("k99", keep);
    CHECK(last.outcome == KeyValueStore::Outcome::Done);
    store.set("large", {std::string(1'001, 'x'), {}, false}, keep);
    CHECK(last.outcome == KeyValueStore::Outcome::TooLarge);
    store.increment("k99", 1, {}, keep);
    CHECK(last.outcome == KeyValueStore::Outcome::NotANumber);
}

TEST_CASE("an entry is named while it runs and counted when it blocks", "[plugin_host]") {
    ServiceFixture host;
    host.context.slow_calls = &host.metrics.counter("slow", "slow", {});
    {
        const EntryMark outer(host.context, "on_data");
        CHECK(std::string(EntryMark::running().instance) == "one");
        CHECK(std::string(EntryMark::running().phase) == "on_data");
        std::this_thread::sleep_for(std::chrono::milliseconds(15));
        const EntryMark inner(host.context, "create", EntryMark::Pace::Blocking);
        CHECK(std::string(EntryMark::running().phase) == "create");
    }
    CHECK(EntryMark::running().instance == nullptr);
    CHECK(host.metrics.text().find("slow 1") != std::string::npos);
}

TEST_CASE("a fatal signal names the plugin that ran", "[plugin_host]") {
    std::string name = "/tmp/gw-crash-XXXXXX";
    const std::string dir = ::mkdtemp(name.data());
    const std::string file = dir + "/crash";
    const pid_t child = ::fork();
    if (child == 0) {
        ServiceFixture host;
        reportCrashes(file);
        const EntryMark mark(host.context, "on_data");
        ::raise(SIGSEGV);
        ::_exit(0);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status));
    CHECK(crashedInstance(file) == "one");
    CHECK(crashedInstance(dir + "/absent").empty());
    std::ifstream stream(file);
    std::string line;
    std::getline(stream, line);
    CHECK(line.find("phase=on_data") != std::string::npos);
    std::filesystem::remove_all(dir);
}

TEST_CASE("an error slot keeps the last words", "[plugin_host]") {
    ErrorSlot slot;
    CHECK(slot.words(GWP_E_TIMEOUT) == "status -8 (timeout)");
    gwpHost().error_set(&slot, GWP_E_BUSY, 429, 1000, GWP_STR("slow_down"), GWP_STR("later"));
    CHECK(slot.words(GWP_E_BUSY) == "later (slow_down)");
    CHECK(slot.retry_after_ms == 1000);
    slot.reset();
    CHECK_FALSE(slot.filled());
}

}  // namespace gw::plugin_host
