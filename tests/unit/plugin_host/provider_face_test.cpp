#include <cstring>
#include <functional>
#include <optional>
#include <stdexcept>

#include "fake_plugin.h"
#include "plugin_host/arena.h"
#include "plugin_host/provider.h"
#include "tests/support/catch.h"

namespace gw::plugin_host {

namespace {

using namespace std::chrono_literals;

/// A provider whose functions are the test's; what crossed the border is noted.
struct FakeProvider {
    std::function<gwp_status(gwp_exchange**, gwp_error*)> open;
    std::function<gwp_status(std::uint32_t, const gwp_http_out*, gwp_error*)> build;
    std::function<gwp_status(const gwp_http_head*, std::uint32_t*, gwp_error*)> on_head;
    std::function<gwp_status(const gwp_frame*, const gwp_event_sink*, gwp_error*)> on_data;
    std::function<gwp_status(gwp_status, const gwp_event_sink*, std::uint64_t*, gwp_error*)> on_end;
    gwp_op op{};
    int closed = 0;
};

FakeProvider& of(gwp_instance* instance) {
    return *reinterpret_cast<FakeProvider*>(instance);
}
FakeProvider& of(gwp_exchange* exchange) {
    return *reinterpret_cast<FakeProvider*>(exchange);
}

std::uint64_t features(gwp_instance* /*instance*/, gwp_str model) noexcept {
    return view(model) == "wire" ? GWP_FEAT_CHAT | GWP_FEAT_WIRE_OPENAI_CHAT : GWP_FEAT_CHAT;
}
gwp_status open(gwp_instance* instance, const gwp_op* op, gwp_exchange** out, gwp_error* error) noexcept {
    auto& fake = of(instance);
    fake.op = *op;
    if (fake.open) return fake.open(out, error);
    *out = reinterpret_cast<gwp_exchange*>(instance);
    return GWP_OK;
}
gwp_status build(gwp_exchange* x, std::uint32_t step, const gwp_http_out* out, gwp_error* error) noexcept {
    return of(x).build ? of(x).build(step, out, error) : GWP_OK;
}
gwp_status onHead(gwp_exchange* x, const gwp_http_head* head, std::uint32_t* framing, gwp_error* error) noexcept {
    return of(x).on_head ? of(x).on_head(head, framing, error) : GWP_OK;
}
gwp_status onData(gwp_exchange* x, const gwp_frame* frame, const gwp_event_sink* sink, gwp_error* error) noexcept {
    return of(x).on_data ? of(x).on_data(frame, sink, error) : GWP_OK;
}
gwp_status onEnd(gwp_exchange* x, gwp_status why, const gwp_event_sink* sink, std::uint64_t* wait,
                 gwp_error* error) noexcept {
    return of(x).on_end ? of(x).on_end(why, sink, wait, error) : GWP_OK;
}
void close(gwp_exchange* x) noexcept {
    ++of(x).closed;
}

constexpr gwp_provider kTable = {sizeof(gwp_provider), 0, features, open, build, onHead, onData, onEnd, close};

struct ProviderFixture {
    explicit ProviderFixture(const gwp_provider* table = &kTable)
        : instance(std::make_shared<FakeInstance>(
              host, "main", std::map<std::string, const void*, std::less<>>{{GWP_IF_PROVIDER, table}}, &fake)),
          provider(instance, Endpoint{}) {}
    [[nodiscard]] std::unique_ptr<Exchange> exchange() const { return provider.open({}); }
    /// What on_data with this status and these words becomes.
    ProviderFailure failed(gwp_status status, std::uint32_t http, std::int64_t retry, const char* type,
                           const char* text) {
        fake.on_data = [=](const gwp_frame*, const gwp_event_sink*, gwp_error* error) {
            gwpHost().error_set(error, status, http, retry, abi(type), abi(text));
            return status;
        };
        EventLog log;
        auto data = exchange()->onData({}, log);
        REQUIRE(data.failure);
        return *data.failure;
    }
    ErrorCode code(std::uint32_t http, const char* type = "") {
        return failed(GWP_E_UPSTREAM, http, -1, type, "words").code;
    }

    FakeHost host;
    FakeProvider fake;
    std::shared_ptr<FakeInstance> instance;
    Provider provider;
};

bool has(std::string_view text, std::string_view word) {
    return text.find(word) != std::string_view::npos;
}

void header(const gwp_http_out* out, std::string_view name, std::string_view value) {
    out->header(out->self, abi(name), abi(value));
}

}  // namespace

TEST_CASE("an exchange is opened with the facts of its operation and closed once", "[plugin_host]") {
    ProviderFixture f;
    const protocol::JsonDocument document(R"({"model":"x","n":7})");
    OperationRequest request;
    request.stream = true;
    request.attempt = 2;
    request.model = "up";
    request.request = &document;
    {
        const auto exchange = f.provider.open(request);
        CHECK(f.fake.op.kind == GWP_OP_CHAT);
        CHECK(f.fake.op.stream == 1);
        CHECK(f.fake.op.attempt == 2);
        CHECK(view(f.fake.op.model) == "up");
        CHECK(view(f.fake.op.request_json) == document.text());
        CHECK(jsonService().i64(jsonService().at(f.fake.op.request, abi("/n")), 0) == 7);
        CHECK(f.fake.closed == 0);
    }
    CHECK(f.fake.closed == 1);
}

TEST_CASE("a provider that opens nothing is named and nothing is closed", "[plugin_host]") {
    ProviderFixture f;
    f.fake.open = [](gwp_exchange**, gwp_error*) { return GWP_OK; };
    try {
        (void)f.exchange();
        FAIL("it was opened");
    } catch (const Error& error) {
        CHECK(error.code() == ErrorCode::PluginUnavailable);
    }
    CHECK(f.fake.closed == 0);

    f.fake.open = [](gwp_exchange**, gwp_error* error) {
        gwpHost().error_set(error, GWP_E_INVALID, 400, -1, abi("context_length_exceeded"), abi("too long"));
        return GWP_E_INVALID;
    };
    try {
        (void)f.exchange();
        FAIL("it was opened");
    } catch (const Error& error) {
        CHECK(error.code() == ErrorCode::ContextLengthExceeded);
        CHECK(std::string(error.what()) == "too long");
    }
    CHECK(f.fake.closed == 0);
}

TEST_CASE("a table of an older plugin lacks its end, one of a newer plugin has more", "[plugin_host]") {
    gwp_provider shorter = kTable;
    shorter.struct_size = offsetof(gwp_provider, on_end);  // what lies behind is not the plugin's
    CHECK_THROWS_AS(ProviderFixture(&shorter).exchange(), Error);

    struct {
        gwp_provider table;
        void* unknown[4];
    } longer{kTable, {&longer, &longer, &longer, &longer}};
    longer.table.struct_size = sizeof longer;
    ProviderFixture f(&longer.table);
    CHECK(f.exchange() != nullptr);
    CHECK((f.provider.features("wire") & feature::kWireOpenAiChat) != 0);
    CHECK((f.provider.features("other") & feature::kWireOpenAiChat) == 0);
}

TEST_CASE("build writes a request, or none when there is no upstream", "[plugin_host]") {
    ProviderFixture f;
    const auto exchange = f.exchange();
    OutboundRequest none;
    CHECK_FALSE(exchange->build(0, none));
    CHECK_FALSE(none.started());

    f.fake.build = [](std::uint32_t step, const gwp_http_out* out, gwp_error*) {
        out->start(out->self, abi("POST"), abi("/chat?step=" + std::to_string(step)));
        header(out, "Content-Type", "application/json");
        out->body(out->self, abiBytes("{\"a\":"));
        out->body(out->self, abiBytes("1}"));
        return GWP_OK;
    };
    OutboundRequest request;
    CHECK_FALSE(exchange->build(3, request));
    CHECK(request.method == "POST");
    CHECK(request.path_and_query == "/chat?step=3");
    CHECK(request.headers == Headers{{"content-type", "application/json"}});
    CHECK(request.body == "{\"a\":1}");
}

TEST_CASE("a header that would split the request is refused", "[plugin_host]") {
    const auto [name, value] = GENERATE(table<std::string, std::string>({{"x-a\r\ny", "1"},
                                                                         {"x-a", "1\r\nx-b: 2"},
                                                                         {"x-a", "1\nx-b: 2"},
                                                                         {"x-a", std::string("1\0002", 3)},
                                                                         {std::string("x\0a", 3), "1"}}));
    ProviderFixture f;
    const auto exchange = f.exchange();
    f.fake.build = [&](std::uint32_t, const gwp_http_out* out, gwp_error*) {
        out->start(out->self, abi("GET"), abi("/"));
        header(out, name, value);
        return GWP_OK;
    };
    OutboundRequest request;
    const auto failure = exchange->build(0, request);
    REQUIRE(failure);
    CHECK(has(failure->detail, "main"));
}

TEST_CASE("secrets stand in for their placeholders in headers and path only", "[plugin_host]") {
    ProviderFixture f;
    f.instance->context().secrets.push_back({"other", Secret("sk-0")});
    f.instance->context().secrets.push_back({"key", Secret("sk-1")});
    OutboundRequest request;
    request.path_and_query = "/v1?key=\x01gwp-secret:1\x01&x=1";
    request.headers = {{"authorization", "Bearer \x01gwp-secret:1\x01"}, {"x-plain", "1"}};
    request.body = "\x01gwp-secret:1\x01";
    f.provider.revealSecrets(request);
    CHECK(request.path_and_query == "/v1?key=sk-1&x=1");
    CHECK(request.headers.front().second == "Bearer sk-1");
    CHECK(request.body == "\x01gwp-secret:1\x01");
}

TEST_CASE("the head reaches the plugin, and an unknown framing is refused", "[plugin_host]") {
    ProviderFixture f;
    const auto exchange = f.exchange();
    std::string seen;
    std::uint32_t wanted = GWP_FRAME_LINES;
    f.fake.on_head = [&](const gwp_http_head* head, std::uint32_t* framing, gwp_error*) {
        seen = std::to_string(head->status) + " " + std::string(view(head->headers[0].key)) + "=" +
               std::string(view(head->headers[0].value));
        *framing = wanted;
        return GWP_OK;
    };
    auto framing = protocol::Framing::Whole;
    CHECK_FALSE(exchange->onHead({200, {{"content-type", "x"}}}, framing));
    CHECK(seen == "200 content-type=x");
    CHECK(framing == protocol::Framing::Lines);
    wanted = 77;
    CHECK(exchange->onHead({200, {{"content-type", "x"}}}, framing));
}

TEST_CASE("events come out as they were emitted, unknown kinds do not", "[plugin_host]") {
    ProviderFixture f;
    const auto exchange = f.exchange();
    f.fake.on_data = [](const gwp_frame* frame, const gwp_event_sink* sink, gwp_error*) {
        gwp_event text = textEvent(view(frame->data));
        CHECK(sink->emit(sink->self, &text) == GWP_OK);
        gwp_event unknown = textEvent("?", 0xFFFF0001u);
        CHECK(sink->emit(sink->self, &unknown) == GWP_OK);
        const gwp_usage told = {sizeof(gwp_usage), 0, 3, 4, 1, -1, 2};
        gwp_event usage = textEvent("", GWP_EV_USAGE);
        usage.usage = &told;
        CHECK(sink->emit(sink->self, &usage) == GWP_OK);
        gwp_event older = textEvent("short");
        older.struct_size = offsetof(gwp_event, id);  // its members behind text are not there
        older.id = {reinterpret_cast<const char*>(1), 1000};
        CHECK(sink->emit(sink->self, &older) == GWP_OK);
        return GWP_REFORM;
    };
    EventLog log;
    const auto data = exchange->onData({protocol::Framing::Sse, "message", "abc"}, log);
    CHECK(has(f.host.metrics.text(), "gateway_plugin_unknown_events_total{instance=\"main\"} 1"));
    CHECK_FALSE(data.failure);
    CHECK(data.reform);
    REQUIRE(log.events.size() == 3);
    CHECK(log.words() == "abc||short");
    CHECK(log.events[1].view().usage->reasoning == 2);
    CHECK(log.events[2].view().id.empty());
}

TEST_CASE("scratch memory of a frame is given back, that of the exchange stays", "[plugin_host]") {
    ProviderFixture f;
    const auto exchange = f.exchange();
    f.fake.on_data = [](const gwp_frame* frame, const gwp_event_sink*, gwp_error*) {
        void* bytes = gwpHost().arena_alloc(frame->arena, 1u << 20);
        REQUIRE(bytes != nullptr);  // 10,000 of them would not fit
        std::memset(bytes, 1, 16);
        return GWP_OK;
    };
    EventLog log;
    for (int i = 0; i < 10'000; ++i) REQUIRE_FALSE(exchange->onData({}, log).failure);
}

TEST_CASE("the largest frame can be parsed in its scratch memory", "[plugin_host]") {
    ProviderFixture f;
    const auto exchange = f.exchange();
    gwp_status parsed = GWP_E_INTERNAL;
    f.fake.on_data = [&](const gwp_frame* frame, const gwp_event_sink*, gwp_error*) {
        const gwp_json* root = nullptr;
        std::uint64_t offset = 0;
        parsed = jsonService().parse(nullptr, frame->arena, frame->data, &root, &offset);
        return GWP_OK;
    };
    const std::string image = "{\"b64_json\":\"" + std::string((16u << 20) - 20, 'A') + "\"}";
    EventLog log;
    CHECK_FALSE(exchange->onData({protocol::Framing::Whole, {}, image}, log).failure);
    CHECK(parsed == GWP_OK);
}

TEST_CASE("what the reader of events throws never crosses the plugin", "[plugin_host]") {
    ProviderFixture f;
    const auto exchange = f.exchange();
    f.fake.on_data = [](const gwp_frame*, const gwp_event_sink* sink, gwp_error*) {
        gwp_event text = textEvent("a");
        CHECK(sink->emit(sink->self, &text) == GWP_E_CANCELLED);
        CHECK(sink->emit(sink->self, &text) == GWP_E_CANCELLED);
        return GWP_OK;
    };
    struct Full final : protocol::EventSink {
        void onEvent(const protocol::ChatEvent& /*event*/) override {
            ++calls;
            throw Error(ErrorCode::UpstreamError, "too large");
        }
        int calls = 0;
    } full;
    const auto data = exchange->onData({}, full);
    REQUIRE(data.failure);
    CHECK(data.failure->message == "too large");
    CHECK(full.calls == 1);
}

TEST_CASE("an upstream's refusal has the gateway's code", "[plugin_host]") {
    ProviderFixture f;
    CHECK(f.code(400) == ErrorCode::InvalidRequest);
    CHECK(f.code(400, "context_length_exceeded") == ErrorCode::ContextLengthExceeded);
    CHECK(f.code(400, "content_filter") == ErrorCode::ContentFiltered);
    CHECK(f.code(401) == ErrorCode::UpstreamAuth);
    CHECK(f.code(403) == ErrorCode::UpstreamAuth);
    CHECK(f.code(404) == ErrorCode::ModelNotFound);
    CHECK(f.code(429) == ErrorCode::RateLimited);
    CHECK(f.code(429, "insufficient_quota") == ErrorCode::InsufficientQuota);
    CHECK(f.code(500) == ErrorCode::UpstreamError);
    CHECK(f.code(503) == ErrorCode::Unavailable);
    CHECK(f.code(529) == ErrorCode::Unavailable);
    CHECK(f.failed(GWP_E_TIMEOUT, 0, 0, "", "slow").code == ErrorCode::UpstreamTimeout);
    CHECK(f.failed(GWP_E_UPSTREAM, 0, 0, "upstream_truncated", "cut").code == ErrorCode::UpstreamTruncated);

    const auto later = f.failed(GWP_E_UPSTREAM, 429, 1500, "rate_limit_exceeded", "slow down");
    CHECK(later.retryable);
    CHECK(later.retry_after == 1500ms);
    CHECK(later.upstream_status == 429);
    CHECK(later.message == "slow down");
    CHECK(later.toError().retryAfter() == 1500ms);
    CHECK_FALSE(f.failed(GWP_E_UPSTREAM, 400, -1, "", "bad").retryable);
}

TEST_CASE("the provider's words about the gateway's own key stay in the log", "[plugin_host]") {
    ProviderFixture f;
    f.instance->context().secrets.push_back({"key", Secret("sk-very-secret")});
    const auto failure = f.failed(GWP_E_UPSTREAM, 401, -1, "invalid_api_key", "Incorrect key sk-very-secret");
    CHECK_FALSE(has(failure.message, "sk-very-secret"));
    CHECK_FALSE(has(failure.detail, "sk-very-secret"));
    CHECK_FALSE(has(failure.provider_code, "invalid_api_key"));  // the client's key is fine
    const auto other = f.failed(GWP_E_UPSTREAM, 500, -1, "server_error", "cannot log in as sk-very-secret");
    CHECK_FALSE(has(other.message, "sk-very-secret"));
}

TEST_CASE("a status that no contract knows is the plugin's fault and names it", "[plugin_host]") {
    ProviderFixture f;
    const auto exchange = f.exchange();
    EventLog log;
    for (const gwp_status garbage : {gwp_status{-77}, gwp_status{99}, gwp_status{GWP_PENDING}}) {
        f.fake.on_data = [=](const gwp_frame*, const gwp_event_sink*, gwp_error*) { return garbage; };
        f.fake.on_end = [=](gwp_status, const gwp_event_sink*, std::uint64_t*, gwp_error*) { return garbage; };
        f.fake.build = [=](std::uint32_t, const gwp_http_out*, gwp_error*) { return garbage; };
        const auto data = exchange->onData({}, log);
        REQUIRE(data.failure);
        CHECK(has(data.failure->detail, "main"));
        CHECK(exchange->onEnd(TransferState::Done, log).failure);
        OutboundRequest request;
        CHECK(exchange->build(0, request));
    }
}

TEST_CASE("the end says why, and may ask to be called again", "[plugin_host]") {
    ProviderFixture f;
    const auto exchange = f.exchange();
    gwp_status why = GWP_E_INTERNAL;
    std::uint64_t wait = 250;
    f.fake.on_end = [&](gwp_status status, const gwp_event_sink* sink, std::uint64_t* wait_ms, gwp_error*) {
        why = status;
        *wait_ms = wait;
        gwp_event text = textEvent("rest");
        (void)sink->emit(sink->self, &text);
        return GWP_AGAIN;
    };
    EventLog log;
    auto end = exchange->onEnd(TransferState::Done, log);
    CHECK(end.again);
    CHECK(end.wait == 250ms);
    CHECK(why == GWP_OK);
    CHECK(log.words() == "rest");
    wait = ~0ull;  // nonsense must not overflow
    end = exchange->onEnd(TransferState::IdleTimeout, log);
    CHECK(why == GWP_E_TIMEOUT);
    CHECK(end.wait > 0ms);
    CHECK(end.wait <= 24h);
    (void)exchange->onEnd(TransferState::Cancelled, log);
    CHECK(why == GWP_E_CANCELLED);
    (void)exchange->onEnd(TransferState::Reset, log);
    CHECK(why == GWP_E_IO);
}

TEST_CASE("an exchange owns its services only while it lives", "[plugin_host]") {
    ProviderFixture f;
    io::EventLoop loop;
    struct Body {
        static io::Task<void> run(ProviderFixture& f) {
            const auto exchange = f.exchange();
            CHECK(f.fake.op.owner != 0);
            CHECK(f.host.tokens.alive(f.fake.op.owner));
            co_return;
        }
    };
    runOn(loop, Body::run(f));
    CHECK_FALSE(f.host.tokens.alive(f.fake.op.owner));
}

}  // namespace gw::plugin_host
