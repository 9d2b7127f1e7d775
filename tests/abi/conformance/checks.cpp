#include "tests/abi/conformance/checks.h"

#include <string_view>

#include "plugin_host/arena.h"
#include "plugin_host/error_slot.h"

namespace gw::conformance {

namespace {

using plugin_host::abi;
using plugin_host::abiBytes;
using plugin_host::Arena;
using plugin_host::ErrorSlot;
using plugin_host::view;

std::string entryIsIdempotent(Subject& s) {
    ErrorSlot error;
    s.library = s.entry(s.host.table(), s.host.hc(), &error);
    if (s.library == nullptr) return "the entry refuses: " + error.words(GWP_E_UNSUPPORTED);
    return s.entry(s.host.table(), s.host.hc(), &error) == s.library ? "" : "the entry gives another pointer each time";
}

std::string descriptorIsComplete(Subject& s) {
    if (!GWP_HAS(s.library, gwp_library, n_classes)) return "the library descriptor is too short";
    if (s.library->id.len == 0 || s.library->version.len == 0) return "id or version is empty";
    if (s.plugin_class == nullptr) return "no such class";
    const gwp_class& c = *s.plugin_class;
    if (!GWP_HAS(&c, gwp_class, get_interface)) return "the class is too short";
    if (c.create == nullptr || c.destroy == nullptr || c.get_interface == nullptr) return "a vital function is missing";
    return c.n_interfaces > 0 ? "" : "the class offers no interface";
}

std::string createMakesAnInstance(Subject& s) {
    gwp_create_args value = {};
    value.hc = s.host.hc();
    value.instance_name = GWP_STR("conformance");
    value.config_json = GWP_STR("{}");
    value.problem = [](gwp_hctx*, std::uint32_t, gwp_str, gwp_str) noexcept {};
    const OfEra<gwp_create_args> arguments(s.host.era(), value);
    ErrorSlot error;
    const gwp_status status = s.plugin_class->create(arguments.get(), &s.instance, &error);
    if (status < 0) return "create: " + error.words(status);
    if (s.instance == nullptr) return "create made no instance";
    return s.plugin_class->start != nullptr && s.plugin_class->start(s.instance, &error) < 0 ? "start failed" : "";
}

std::string unknownInterfaceIsNull(Subject& s) {
    const auto ask = [&](gwp_str id) { return s.plugin_class->get_interface(s.instance, id); };
    if (ask(GWP_STR("gwp.telepathy/1")) != nullptr || ask(gwp_str{}) != nullptr)
        return "answers for an unknown interface";
    for (std::uint64_t i = 0; i < s.plugin_class->n_interfaces; ++i)
        if (ask(s.plugin_class->interfaces[i]) == nullptr) return "lacks an interface that it names";
    return {};
}

// ---- providers ----

struct Seen {
    unsigned events = 0, finishes = 0;
};
gwp_status count(void* self, const gwp_event* event) noexcept {
    auto& seen = *static_cast<Seen*>(self);
    ++seen.events;
    if (event->kind == GWP_EV_FINISH) ++seen.finishes;
    return GWP_OK;
}

/// One exchange with everything it is lent, in the clothes of the era.
class Conversation {
public:
    Conversation(Subject& s, const gwp_provider& provider)
        : provider_(provider),
          era_(s.host.era()),
          sink_(era_, gwp_event_sink{0, 0, &seen, count}),
          http_(era_, gwp_http_out{0, 0, this, onStart, onHeader, onBody}) {
        gwp_op value = {};
        value.kind = GWP_OP_CHAT;
        value.stream = 1;
        value.arena = &arena_;
        value.request_id = GWP_STR("req_conformance");
        value.model = GWP_STR("model");
        value.request_json =
            GWP_STR(R"({"model":"model","messages":[{"role":"user","content":"Hello you"}],"stream":true})");
        op_ = std::make_unique<OfEra<gwp_op>>(era_, value);
        status = provider.open(s.instance, op_->get(), &exchange_, &error);
    }
    Conversation(const Conversation&) = delete;
    Conversation& operator=(const Conversation&) = delete;
    ~Conversation() {
        if (exchange_ != nullptr) provider_.close(exchange_);
    }
    void build() { status = provider_.build(exchange_, 0, http_.get(), &error); }
    void head(std::uint32_t code) {
        const OfEra<gwp_http_head> head(era_, gwp_http_head{0, code, nullptr, 0});
        status = provider_.on_head(exchange_, head.get(), &framing, &error);
    }
    void data(std::string_view text) {
        Arena scratch;
        gwp_frame value = {};
        value.framing = framing;
        value.data = abiBytes(text);
        value.arena = &scratch;
        const OfEra<gwp_frame> frame(era_, value);
        status = provider_.on_data(exchange_, frame.get(), sink_.get(), &error);
    }
    void end(gwp_status why) {
        std::uint64_t wait = 0;
        for (int i = 0; i < 1000; ++i) {
            status = provider_.on_end(exchange_, why, sink_.get(), &wait, &error);
            if (status != GWP_AGAIN) return;
        }
    }

    Seen seen;
    ErrorSlot error;
    gwp_status status = GWP_OK;
    std::uint32_t framing = GWP_FRAME_SSE;
    bool started = false;

private:
    static void onStart(void* self, gwp_str, gwp_str) noexcept { static_cast<Conversation*>(self)->started = true; }
    static void onHeader(void*, gwp_str, gwp_str) noexcept {}
    static void onBody(void*, gwp_bytes) noexcept {}

    const gwp_provider& provider_;
    Era era_;
    Arena arena_;
    OfEra<gwp_event_sink> sink_;
    OfEra<gwp_http_out> http_;
    std::unique_ptr<OfEra<gwp_op>> op_;
    gwp_exchange* exchange_ = nullptr;
};

const gwp_provider* providerOf(Subject& s) {
    return static_cast<const gwp_provider*>(s.plugin_class->get_interface(s.instance, GWP_STR(GWP_IF_PROVIDER)));
}

std::string localProviderAnswers(Subject& s) {
    const gwp_provider* provider = providerOf(s);
    if (provider == nullptr) return {};
    Conversation talk(s, *provider);
    if (talk.status != GWP_OK) return "open: " + talk.error.words(talk.status);
    talk.build();
    if (talk.status != GWP_OK) return "build: " + talk.error.words(talk.status);
    if (talk.started) return {};  // has an upstream: see the next check
    talk.end(GWP_OK);
    if (talk.status != GWP_OK) return "on_end: " + talk.error.words(talk.status);
    return talk.seen.finishes == 1 ? "" : "answered without exactly one FINISH";
}

std::string providerTakesAnyFrame(Subject& s) {
    const gwp_provider* provider = providerOf(s);
    if (provider == nullptr) return {};
    const std::string deep(3000, '[');
    for (const std::string_view frame : {std::string_view(), std::string_view("[DONE]"), std::string_view("{}"),
                                         std::string_view("{\"choices\":[{\"delta\":{\"content\":7}}]}"),
                                         std::string_view("\0\xff\xfe", 3), std::string_view(deep)}) {
        Conversation talk(s, *provider);
        talk.build();
        if (!talk.started) return {};
        talk.head(200);
        talk.data(frame);
        if (talk.status > GWP_REFORM) return "on_data returned an unknown status";
        talk.end(GWP_OK);
        if (talk.status > GWP_AGAIN) return "on_end returned an unknown status";
    }
    return {};
}

std::string providerTellsATruncatedAnswer(Subject& s) {
    const gwp_provider* provider = providerOf(s);
    if (provider == nullptr) return {};
    Conversation talk(s, *provider);
    talk.build();
    if (!talk.started) return {};
    talk.head(200);
    talk.end(GWP_OK);
    return talk.status < 0 ? "" : "an answer that ends before it began counts as whole";
}

// ---- middleware ----

/// As much of a transaction as a middleware's phases touch.
struct FakeTxn {
    void* state = nullptr;
    Arena arena;
};
FakeTxn& fake(gwp_txn* txn) {
    return *reinterpret_cast<FakeTxn*>(txn);
}
gwp_txn_api fakeApi() {
    gwp_txn_api api = {};
    api.token = [](gwp_txn*) noexcept -> gwp_token { return 0; };
    api.arena = [](gwp_txn* t) noexcept -> gwp_arena* { return &fake(t).arena; };
    api.state = [](gwp_txn* t) noexcept -> void* { return fake(t).state; };
    api.set_state = [](gwp_txn* t, void* state) noexcept { fake(t).state = state; };
    api.get = [](gwp_txn*, gwp_str) noexcept -> gwp_str { return {}; };
    api.set = [](gwp_txn*, gwp_str, gwp_str) noexcept -> gwp_status { return GWP_OK; };
    api.header = [](gwp_txn*, gwp_str) noexcept -> gwp_str { return {}; };
    api.set_response_header = [](gwp_txn*, gwp_str, gwp_str) noexcept -> gwp_status { return GWP_OK; };
    api.request_json = [](gwp_txn*) noexcept -> gwp_str {
        return GWP_STR(R"({"model":"m","messages":[{"role":"user","content":"Hello"}]})");
    };
    api.replace_request = [](gwp_txn*, gwp_str) noexcept -> gwp_status { return GWP_OK; };
    api.response_json = [](gwp_txn*) noexcept -> gwp_str { return {}; };
    api.replace_response = [](gwp_txn*, gwp_str) noexcept -> gwp_status { return GWP_OK; };
    api.respond = [](gwp_txn*) noexcept -> const gwp_event_sink* { return nullptr; };
    api.release = [](gwp_txn*, std::uint64_t) noexcept -> gwp_status { return GWP_OK; };
    api.resume = [](gwp_hctx*, gwp_token, gwp_status) noexcept -> gwp_status { return GWP_E_GONE; };
    api.set_principal = [](gwp_txn*, gwp_str, gwp_str) noexcept -> gwp_status { return GWP_E_DENIED; };
    return api;
}

std::string middlewarePassesUnknownEvents(Subject& s) {
    const auto* mw =
        static_cast<const gwp_middleware*>(s.plugin_class->get_interface(s.instance, GWP_STR(GWP_IF_MIDDLEWARE)));
    if (mw == nullptr) return {};
    const OfEra<gwp_txn_api> api(s.host.era(), fakeApi());
    Seen seen;
    const OfEra<gwp_event_sink> sink(s.host.era(), gwp_event_sink{0, 0, &seen, count});
    FakeTxn transaction;
    auto* txn = reinterpret_cast<gwp_txn*>(&transaction);
    ErrorSlot error;
    std::string verdict;
    if (GWP_CAN(mw, gwp_middleware, on_request) && mw->on_request(s.instance, txn, api.get(), &error) < 0)
        verdict = "on_request: " + error.words(GWP_E_INTERNAL);
    gwp_event value = {};
    value.kind = 0xFFFF0001u;
    const OfEra<gwp_event> event(s.host.era(), value);
    if (GWP_CAN(mw, gwp_middleware, on_event) &&
        mw->on_event(s.instance, txn, api.get(), event.get(), sink.get(), &error) != GWP_MW_PASS)
        verdict = "an event of an unknown kind is not passed on";
    if (GWP_CAN(mw, gwp_middleware, on_complete)) mw->on_complete(s.instance, txn, api.get(), GWP_OK);
    if (transaction.state != nullptr && GWP_CAN(mw, gwp_middleware, txn_free))
        mw->txn_free(s.instance, transaction.state);
    return verdict;
}

std::string instanceEnds(Subject& s) {
    if (s.plugin_class->stop != nullptr) s.plugin_class->stop(s.instance);
    s.plugin_class->destroy(s.instance);
    return {};
}

}  // namespace

const std::vector<Check>& checks() {
    static const std::vector<Check> list = {
        {"the entry is idempotent", entryIsIdempotent},
        {"the descriptor is complete", descriptorIsComplete},
        {"create makes an instance", createMakesAnInstance},
        {"an unknown interface is null", unknownInterfaceIsNull},
        {"a local provider answers", localProviderAnswers},
        {"a provider takes any frame", providerTakesAnyFrame},
        {"a provider tells a truncated answer", providerTellsATruncatedAnswer},
        {"a middleware passes unknown events", middlewarePassesUnknownEvents},
        {"the instance ends", instanceEnds},
    };
    return list;
}

}  // namespace gw::conformance
