#pragma once
#include <gwp/middleware.h>

#include <chrono>
#include <deque>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "fake_plugin.h"
#include "plugin_host/middleware_chain.h"
#include "tests/support/catch.h"

namespace gw::plugin_host {

inline constexpr std::uint32_t kAllPhases = 0x3f;

/// A middleware whose phases are the test's; each call is noted in `trace` as "name.phase".
struct FakeMiddleware {
    std::string name;
    std::vector<std::string>& trace;
    std::uint32_t wants = kAllPhases;
    std::function<gwp_status(gwp_txn*, const gwp_txn_api*, gwp_error*)> on_request, on_response;
    std::function<gwp_status(gwp_txn*, const gwp_txn_api*, const gwp_upstream_view*, gwp_error*)> on_upstream;
    std::function<gwp_status(gwp_txn*, const gwp_txn_api*, const gwp_event*, const gwp_event_sink*, gwp_error*)>
        on_event;
    std::function<void(gwp_txn*, const gwp_txn_api*, gwp_error*)> on_error;
    std::optional<gwp_status> result;  // of on_complete
    int asked = 0, completed = 0, freed = 0;

    static FakeMiddleware& of(gwp_instance* instance) { return *reinterpret_cast<FakeMiddleware*>(instance); }
    FakeMiddleware& note(const char* phase) {
        trace.push_back(name + "." + phase);
        return *this;
    }
};

inline const gwp_middleware kMiddlewareTable = {
    sizeof(gwp_middleware),
    0,
    [](gwp_instance* i) noexcept {
        ++FakeMiddleware::of(i).asked;
        return FakeMiddleware::of(i).wants;
    },
    [](gwp_instance* i, gwp_txn* txn, const gwp_txn_api* api, gwp_error* error) noexcept {
        auto& fake = FakeMiddleware::of(i).note("request");
        return fake.on_request ? fake.on_request(txn, api, error) : GWP_MW_PASS;
    },
    [](gwp_instance* i, gwp_txn* txn, const gwp_txn_api* api, const gwp_upstream_view* up, gwp_error* error) noexcept {
        auto& fake = FakeMiddleware::of(i).note("upstream");
        return fake.on_upstream ? fake.on_upstream(txn, api, up, error) : GWP_MW_PASS;
    },
    [](gwp_instance* i, gwp_txn* txn, const gwp_txn_api* api, const gwp_event* event, const gwp_event_sink* out,
       gwp_error* error) noexcept {
        auto& fake = FakeMiddleware::of(i).note("event");
        return fake.on_event ? fake.on_event(txn, api, event, out, error) : GWP_MW_PASS;
    },
    [](gwp_instance* i, gwp_txn* txn, const gwp_txn_api* api, gwp_error* error) noexcept {
        auto& fake = FakeMiddleware::of(i).note("response");
        return fake.on_response ? fake.on_response(txn, api, error) : GWP_MW_PASS;
    },
    [](gwp_instance* i, gwp_txn* txn, const gwp_txn_api* api, gwp_error* error) noexcept {
        auto& fake = FakeMiddleware::of(i).note("error");
        if (fake.on_error) fake.on_error(txn, api, error);
    },
    [](gwp_instance* i, gwp_txn*, const gwp_txn_api*, gwp_status result) noexcept {
        auto& fake = FakeMiddleware::of(i).note("complete");
        fake.result = result;
        ++fake.completed;
    },
    [](gwp_instance* i, void* /*state*/) noexcept { ++FakeMiddleware::of(i).note("free").freed; },
};

class FakeSubject final : public TransactionSubject {
public:
    [[nodiscard]] std::string_view fact(std::string_view name) const override {
        const auto found = facts.find(name);
        return found == facts.end() ? std::string_view() : std::string_view(found->second);
    }
    [[nodiscard]] std::string_view header(std::string_view name) const override {
        return name == "x-in" ? "in" : std::string_view();
    }
    void setResponseHeader(std::string_view name, std::string_view value) override {
        response_headers.emplace_back(name, value);
    }
    [[nodiscard]] std::string_view requestJson() const override { return request; }
    void replaceRequest(std::string json) override { request = std::move(json); }
    [[nodiscard]] std::string_view responseJson() const override { return response; }
    void replaceResponse(std::string json) override { response = std::move(json); }
    bool setPrincipal(std::string_view id, std::string_view /*claims_json*/) override {
        if (!principal.empty()) return false;
        principal = id;
        return true;
    }
    [[nodiscard]] protocol::EventSink& respond() override { return answer; }

    std::map<std::string, std::string, std::less<>> facts{{"request.id", "req_1"}};
    Headers response_headers;
    std::string request = "{}", response = R"({"a":1})", principal;
    EventLog answer;
};

/// How a task ended, told from one thread to another: an exception object would be shared by both.
template <class T>
struct Ending {
    std::conditional_t<std::is_void_v<T>, char, T> value{};
    bool failed = false;
    ErrorCode code = ErrorCode::Internal;
    std::string words;
};

template <class T>
struct Started {
    std::future<Ending<T>> ending;
    [[nodiscard]] bool ended() const { return ending.wait_for(std::chrono::seconds(0)) == std::future_status::ready; }
    T get() {
        auto told = ending.get();
        if (told.failed) throw Error(told.code, told.words);
        if constexpr (!std::is_void_v<T>) return told.value;
    }
};

/// A chain over fake plugins, one transaction, and the loop it runs on: a thread of its own, to which the test is a
/// foreign one.
struct ChainFixture {
    ChainFixture() = default;
    ChainFixture(const ChainFixture&) = delete;
    ChainFixture& operator=(const ChainFixture&) = delete;
    ~ChainFixture() {
        destroy();
        loop.stop();
        thread_.join();
    }
    FakeMiddleware& add(const std::string& name, std::uint32_t order, bool fail_open = false,
                        std::chrono::milliseconds timeout = std::chrono::seconds(20)) {
        auto& fake = plugins.emplace_back(FakeMiddleware{name, trace, kAllPhases, {}, {}, {}, {}, {}, {}, 0, 0, 0});
        auto instance = std::make_shared<FakeInstance>(
            host, name, std::map<std::string, const void*, std::less<>>{{GWP_IF_MIDDLEWARE, &kMiddlewareTable}}, &fake);
        instances.push_back(instance);
        links.push_back({instance, order, fail_open, timeout});
        return fake;
    }
    Transaction& transaction() {
        if (!txn) {
            chain = std::make_shared<const MiddlewareChain>(links, hold);
            txn = std::make_unique<Transaction>(chain, subject, cancellation);
        }
        return *txn;
    }
    void begin() { CHECK(request() == Transaction::Verdict::Pass); }
    Transaction::Verdict request(std::uint32_t limit = ~0u) { return wait(transaction().onRequest(limit)); }
    void event(std::string_view text, protocol::EventKind kind = protocol::EventKind::Text) {
        wait(transaction().onEvent({.kind = kind, .text = text}, out));
    }
    void end() { wait(transaction().onEnd(out)); }
    void respond() { wait(transaction().onResponse(out)); }

    void upstream(OutboundRequest& up, std::uint32_t attempt = 0) {
        run([&] { transaction().onUpstream("main", "https://up.test/v1", attempt, up); });
    }
    Error error(Error failed) {
        run([&] { transaction().onError(failed); });
        return failed;
    }
    void complete(bool ok = true, bool client_gone = false) {
        run([&] { transaction().complete(ok, client_gone); });
    }
    void destroy() {
        run([&] { txn.reset(); });
    }

    /// Begins `task` on the loop.
    template <class T>
    Started<T> start(io::Task<T> task) {
        auto promise = std::make_shared<std::promise<Ending<T>>>();
        auto held = std::make_shared<io::Task<T>>(std::move(task));
        Started<T> started{promise->get_future()};
        loop.post([this, promise, held] { loop.spawn(drive(std::move(*held), promise)); });
        return started;
    }
    /// Its value or its Error.
    template <class T>
    T wait(io::Task<T> task) {
        return start(std::move(task)).get();
    }
    /// Runs `job` on the loop.
    void run(std::function<void()> job) { wait(once(std::move(job))); }
    [[nodiscard]] std::string traced() const {
        std::string all;
        for (const auto& step : trace) all += (all.empty() ? "" : " ") + step;
        return all;
    }

    FakeHost host;
    std::vector<std::string> trace;
    std::deque<FakeMiddleware> plugins;
    std::vector<std::shared_ptr<FakeInstance>> instances;
    std::vector<ChainLink> links;
    HoldLimits hold;
    FakeSubject subject;
    io::Cancellation cancellation;
    io::EventLoop loop;
    std::shared_ptr<const MiddlewareChain> chain;
    EventLog out;
    std::unique_ptr<Transaction> txn;

private:
    static io::Task<void> once(std::function<void()> job) {
        job();
        co_return;
    }
    template <class T>
    static io::Task<void> drive(io::Task<T> task, std::shared_ptr<std::promise<Ending<T>>> promise) {
        Ending<T> ending;
        try {
            if constexpr (std::is_void_v<T>)
                co_await std::move(task);
            else
                ending.value = co_await std::move(task);
        } catch (const Error& error) {
            ending.failed = true;
            ending.code = error.code();
            ending.words = std::string(error.what());
        }
        promise->set_value(std::move(ending));
    }
    std::thread thread_{[this] { loop.run(); }};
};

/// The code and the words of the Error that `call` throws; empty words: it threw none.
template <class Call>
std::pair<ErrorCode, std::string> thrownBy(Call call) {
    try {
        call();
    } catch (const Error& error) {
        return {error.code(), error.what()};
    }
    return {ErrorCode::Internal, ""};
}

inline void say(const gwp_event_sink* sink, std::string_view text, std::uint32_t kind = GWP_EV_TEXT) {
    const gwp_event event = textEvent(text, kind);
    CHECK(sink->emit(sink->self, &event) == GWP_OK);
}

inline gwp_status refuse(gwp_error* error, gwp_status status, std::uint32_t http, std::string_view type,
                         std::string_view text) {
    gwpHost().error_set(error, status, http, -1, abi(type), abi(text));
    return status;
}

}  // namespace gw::plugin_host
