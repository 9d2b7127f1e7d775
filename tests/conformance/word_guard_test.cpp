#include <map>

#include "tests/conformance/test_host.h"
#include "tests/support/catch.h"

/// One request on its way through a middleware; on_request and on_event are all that word_guard asks for.
struct gwp_txn {
    gwp_arena arena;
    std::string request;
    void* state = nullptr;
};

namespace {

using namespace conformance;

gwp_txn_api txnApi() {
    gwp_txn_api api{};
    api.struct_size = sizeof api;
    api.arena = [](gwp_txn* txn) noexcept { return &txn->arena; };
    api.state = [](gwp_txn* txn) noexcept { return txn->state; };
    api.set_state = [](gwp_txn* txn, void* state) noexcept { txn->state = state; };
    api.request_json = [](gwp_txn* txn) noexcept { return gwp::str(txn->request); };
    return api;
}

/// Runs an answer through word_guard and gathers what comes out.
class Guarded {
public:
    explicit Guarded(const std::string& config)
        : instance_("word_guard", config), table_(instance_.table<gwp_middleware>(GWP_IF_MIDDLEWARE)) {}
    ~Guarded() { table_.txn_free(instance_.handle(), txn_.state); }
    Guarded(const Guarded&) = delete;
    Guarded& operator=(const Guarded&) = delete;

    gwp_status ask(const std::string& content) {
        txn_.request = R"({"messages":[{"role":"user","content":)" + content + "}]}";
        return table_.on_request(instance_.handle(), &txn_, &api_, &error_);
    }
    gwp_status say(const gwp_event& event) {
        const gwp_event_sink out{sizeof out, 0, this, [](void* self, const gwp_event* heard) noexcept {
                                     return static_cast<Guarded*>(self)->hear(*heard);
                                 }};
        const gwp_status verdict = table_.on_event(instance_.handle(), &txn_, &api_, &event, &out, &error_);
        if (verdict == GWP_MW_PASS) hear(event);
        return verdict;
    }
    gwp_status text(std::string_view delta, std::uint32_t choice = 0) {
        return say(gwp::text_event(GWP_EV_TEXT, delta, choice));
    }
    gwp_status finish(std::uint32_t choice = 0) { return say(gwp::text_event(GWP_EV_FINISH, {}, choice)); }

    std::map<std::uint32_t, std::string> heard;  // by choice; '|' for the finish
    [[nodiscard]] const gwp_error& error() const { return error_; }

private:
    gwp_status hear(const gwp_event& event) {
        heard[event.choice] += event.kind == GWP_EV_FINISH ? "|" : std::string(gwp::sv(event.text));
        return GWP_OK;
    }

    LoadedInstance instance_;
    const gwp_middleware& table_;
    gwp_txn_api api_ = txnApi();
    gwp_txn txn_;
    gwp_error error_;
};

constexpr const char* kConfig = R"({"words":["plum","Plumage"],"action":"mask"})";

}  // namespace

TEST_CASE("word_guard masks a word however the answer is cut", "[conformance]") {
    const std::string answer = "A plum, a PLUMAGE and plums; plumplum. Plum";
    const std::string masked = "A ***, a *** and plums; plumplum. ***|";
    for (std::size_t first = 0; first <= answer.size(); ++first)
        for (std::size_t second = first; second <= answer.size(); ++second) {
            Guarded guarded(kConfig);
            guarded.text(std::string_view(answer).substr(0, first));
            guarded.text(std::string_view(answer).substr(first, second - first));
            guarded.text(std::string_view(answer).substr(second));
            guarded.finish();
            if (guarded.heard[0] != masked) FAIL("cut at " << first << " and " << second << ": " << guarded.heard[0]);
        }
}

TEST_CASE("word_guard lets go at once what cannot become a word", "[conformance]") {
    Guarded guarded(kConfig);
    CHECK(guarded.text("A pl") == GWP_MW_REPLACE);
    CHECK(guarded.heard[0] == "A ");
    guarded.text("ay");
    CHECK(guarded.heard[0] == "A play");
    CHECK(guarded.text("ground is near") == GWP_MW_PASS);
}

TEST_CASE("word_guard keeps choices apart", "[conformance]") {
    Guarded guarded(kConfig);
    guarded.text("pl", 0);
    guarded.text("um", 1);
    guarded.finish(0);
    guarded.finish(1);
    CHECK(guarded.heard[0] == "pl|");
    CHECK(guarded.heard[1] == "um|");
}

TEST_CASE("word_guard refuses a question with one of its words and does not repeat it", "[conformance]") {
    Guarded guarded(kConfig);
    CHECK(guarded.ask(R"("a plumber")") == GWP_MW_PASS);
    CHECK(guarded.ask(R"("a ripe plum?")") < 0);
    CHECK(guarded.error().status == 403);
    CHECK(guarded.error().type == "content_policy_violation");
    CHECK(guarded.error().text.find("plum") == std::string::npos);
    CHECK(guarded.ask(R"([{"type":"image_url","image_url":{"url":"x"}},{"type":"text","text":"PLUM"}])") < 0);
}

TEST_CASE("word_guard stops an answer with one of its words when told to refuse", "[conformance]") {
    Guarded guarded(R"({"words":["plum"],"action":"refuse"})");
    CHECK(guarded.text("a plum") == GWP_MW_REPLACE);
    CHECK(guarded.text(" tree") == GWP_MW_STOP);
    CHECK(guarded.heard[0] == "a ");
}

TEST_CASE("word_guard takes single words only", "[conformance]") {
    CHECK(LoadedInstance("word_guard", R"({"words":["two words"]})").refusal().find("one word") != std::string::npos);
}
