#include "middleware_fixture.h"

namespace gw::plugin_host {
namespace {

using namespace std::chrono_literals;
using OnEvent = decltype(FakeMiddleware::on_event);

/// What a link does with a text: 'h' holds, 'd' drops, 's' stops, 'r' says it twice in small pieces, '0'..'9' releases
/// so many and passes, '*' releases all and passes, 'H' releases one and holds, others pass.
OnEvent byText(gwp_status (*stop)(gwp_error*) = nullptr) {
    return [stop](gwp_txn* txn, const gwp_txn_api* api, const gwp_event* event, const gwp_event_sink* out,
                  gwp_error* error) -> gwp_status {
        const auto text = view(event->text);
        const char what = text.empty() ? '-' : text.front();
        if (what >= '0' && what <= '9') CHECK(api->release(txn, static_cast<std::uint64_t>(what - '0')) == GWP_OK);
        if (what == '*') CHECK(api->release(txn, ~0ull) == GWP_OK);
        if (what == 'H') CHECK(api->release(txn, 1) == GWP_OK);
        if (what == 'r') {
            say(out, "<" + std::string(text.substr(1)));
            say(out, ">");
        }
        switch (what) {
            case 'h':
            case 'H': return GWP_MW_HOLD;
            case 'd': return GWP_MW_DROP;
            case 's': return stop == nullptr ? GWP_MW_STOP : (stop(error), GWP_MW_STOP);
            case 'r': return GWP_MW_REPLACE;
            default: return GWP_MW_PASS;
        }
    };
}

}  // namespace

TEST_CASE("each verdict on an event does what it says", "[plugin_host]") {
    struct Row {
        std::vector<const char*> in;
        const char* out;  // before the end
    };
    const auto row = GENERATE(values<Row>({{{"a", "b"}, "a|b"},
                                           {{"a", "d", "b"}, "a|b"},
                                           {{"rx", "b"}, "<x|>|b"},
                                           {{"h1", "h2"}, ""},
                                           {{"h1", "h2", "1"}, "h1"},
                                           {{"h1", "h2", "2"}, "h1|h2|2"},
                                           {{"h1", "h2", "*"}, "h1|h2|*"},
                                           {{"h1", "h2", "9"}, "h1|h2|9"},
                                           // What may go on does not overtake what is held.
                                           {{"h1", "a", "rx", "d"}, ""},
                                           {{"h1", "a", "rx", "1"}, "h1|a|<x|>|1"},
                                           {{"h1", "a", "h2", "b", "1"}, "h1|a"},
                                           {{"h1", "H2", "H3"}, "h1|H2"},
                                           {{"0", "h1", "0"}, "0"},
                                           {{"*", "a"}, "*|a"}}));
    ChainFixture f;
    f.add("one", 500).on_event = byText();
    f.begin();
    for (const char* text : row.in) f.event(text);
    CHECK(f.out.words() == row.out);
}

TEST_CASE("what one link lets out the next one outwards sees", "[plugin_host]") {
    ChainFixture f;
    std::string seen;
    f.add("outer", 100).on_event = [&](gwp_txn*, const gwp_txn_api*, const gwp_event* event, const gwp_event_sink* out,
                                       gwp_error*) -> gwp_status {
        seen += std::string(view(event->text)) + "/";
        if (view(event->text) != ">") return GWP_MW_PASS;
        say(out, "end");
        return GWP_MW_REPLACE;
    };
    f.add("inner", 500).on_event = byText();
    f.begin();
    for (const char* text : {"h1", "rx", "d", "*"}) f.event(text);
    CHECK(seen == "h1/<x/>/*/");
    CHECK(f.out.words() == "h1|<x|end|*");
}

TEST_CASE("STOP ends the answer with the plugin's error and releases nothing", "[plugin_host]") {
    const bool told = GENERATE(false, true);
    ChainFixture f;
    f.add("one", 500, true).on_event =
        byText(told ? [](gwp_error* e) { return refuse(e, GWP_E_DENIED, 403, "policy", "not this"); } : nullptr);
    f.begin();
    f.event("a");
    f.event("h1");
    const auto [code, words] = thrownBy([&] { f.event("s"); });
    CHECK(code == (told ? ErrorCode::Forbidden : ErrorCode::ContentFiltered));
    CHECK(words == (told ? "not this" : "the answer was stopped by the operator's policy"));
    CHECK(f.out.words() == "a");
}

TEST_CASE("unknown kinds pass to the plugin and what it makes of them does not come back", "[plugin_host]") {
    ChainFixture f;
    std::uint32_t seen = 0;
    f.add("one", 500).on_event = [&](gwp_txn*, const gwp_txn_api*, const gwp_event* event, const gwp_event_sink* out,
                                     gwp_error*) {
        seen = event->kind;
        say(out, "?", 0xFFFF0001u);
        say(out, "a");
        return GWP_MW_REPLACE;
    };
    f.begin();
    f.event("x", static_cast<protocol::EventKind>(0xFFFF0002u));
    CHECK(seen == 0xFFFF0002u);
    CHECK(f.out.words() == "a");
}

TEST_CASE("all members of an event cross and come back", "[plugin_host]") {
    const protocol::Usage usage{1, 2, 3, 4, 5};
    ChainFixture f;
    f.add("one", 500).on_event = [](gwp_txn*, const gwp_txn_api*, const gwp_event* event, const gwp_event_sink* out,
                                    gwp_error*) {
        CHECK(out->emit(out->self, event) == GWP_OK);
        CHECK(out->emit(out->self, nullptr) == GWP_E_INVALID);
        return GWP_MW_REPLACE;
    };
    f.begin();
    f.wait(f.transaction().onEvent({.kind = protocol::EventKind::Usage,
                                    .choice = 1,
                                    .block = 2,
                                    .text = "t",
                                    .id = "i",
                                    .name = "n",
                                    .json = "{}",
                                    .data = "d",
                                    .usage = &usage},
                                   f.out));
    REQUIRE(f.out.events.size() == 1);
    const auto event = f.out.events[0].view();
    CHECK(event.kind == protocol::EventKind::Usage);
    CHECK(event.choice == 1);
    CHECK(event.block == 2);
    CHECK(std::string(event.text) + std::string(event.id) + std::string(event.name) + std::string(event.json) +
              std::string(event.data) ==
          "tin{}d");
    REQUIRE(event.usage != nullptr);
    CHECK(event.usage->reasoning == 5);
    CHECK(event.usage->cached_write == 4);
}

TEST_CASE("a text held and released comes out whole, wherever it was cut", "[plugin_host]") {
    const std::string text = "the quick brown fox";
    for (std::size_t first = 0; first <= text.size(); ++first)
        for (std::size_t second = first; second <= text.size(); second += 3) {
            ChainFixture f;
            int count = 0;
            f.add("one", 500).on_event = [&](gwp_txn* txn, const gwp_txn_api* api, const gwp_event*,
                                             const gwp_event_sink*, gwp_error*) -> gwp_status {
                if (++count < 3) return GWP_MW_HOLD;
                return api->release(txn, ~0ull) == GWP_OK ? GWP_MW_PASS : GWP_E_INTERNAL;
            };
            f.begin();
            f.event(text.substr(0, first));
            f.event(text.substr(first, second - first));
            f.event(text.substr(second));
            std::string all;
            for (const auto& event : f.out.events) all += event.view().text;
            REQUIRE(all == text);
            REQUIRE(f.out.events.size() == 3);
        }
}

TEST_CASE("holding is bounded in bytes and time, then on_failure decides", "[plugin_host]") {
    const bool open = GENERATE(false, true);
    const bool large = GENERATE(false, true);
    ChainFixture f;
    f.hold = {.bytes = 4096, .time = 10s};
    f.add("one", 500, open).on_event = byText();
    f.begin();
    f.event("h1");
    f.host.clock.advance(10s);
    f.event("h2");
    CHECK(f.out.events.empty());  // up to the limit
    if (!large) f.host.clock.advance(1ms);
    const std::string last = "h" + std::string(large ? 5000 : 1, '3');
    const auto [code, words] = thrownBy([&] { f.event(last); });
    CHECK(words == (open ? "" : "the middleware 'one' failed"));
    CHECK(f.out.words() == (open ? "h1|h2|" + last : ""));
}

TEST_CASE("many small events reach the limit too", "[plugin_host]") {
    ChainFixture f;
    f.hold.bytes = 4096;
    f.add("one", 500).on_event = [](gwp_txn*, const gwp_txn_api*, const gwp_event*, const gwp_event_sink*, gwp_error*) {
        return GWP_MW_HOLD;
    };
    f.begin();
    CHECK_FALSE(thrownBy([&] {
                    for (int i = 0; i < 100; ++i) f.event("");
                }).second.empty());
}

TEST_CASE("what is still held at the end is decided by on_failure", "[plugin_host]") {
    const bool open = GENERATE(false, true);
    const bool direct = GENERATE(false, true);  // onEnd() itself, or below onResponse()
    ChainFixture f;
    f.add("outer", 100, open).on_event = byText();
    f.add("inner", 500, open).on_event = byText();
    f.begin();
    f.event("a");
    f.event("h1");
    f.event("b");
    const auto [code, words] = thrownBy([&] { direct ? f.end() : f.respond(); });
    CHECK(words == (open ? "" : "the middleware 'inner' failed"));
    CHECK(f.out.words() == (open ? "a|h1|b" : "a"));
    if (open) f.respond();
    CHECK(f.out.words() == (open ? "a|h1|b" : "a"));
}

TEST_CASE("events released between two events come before the next", "[plugin_host]") {
    const bool end = GENERATE(false, true);
    ChainFixture f;
    gwp_txn* kept = nullptr;
    const gwp_txn_api* table = nullptr;
    f.add("one", 500).on_event = [&](gwp_txn* txn, const gwp_txn_api* api, const gwp_event* event,
                                     const gwp_event_sink*, gwp_error*) -> gwp_status {
        kept = txn;
        table = api;
        return view(event->text).front() == 'h' ? GWP_MW_HOLD : GWP_MW_PASS;
    };
    f.begin();
    f.event("h1");
    f.event("h2");
    f.run([&] { CHECK(table->release(kept, 2) == GWP_OK); });
    CHECK(f.out.events.empty());
    if (end)
        f.end();
    else
        f.event("a");
    CHECK(f.out.words() == (end ? "h1|h2" : "h1|h2|a"));
}

TEST_CASE("what was held of a provider that failed is not the answer of the next", "[plugin_host]") {
    const bool upstream = GENERATE(false, true);
    ChainFixture f;
    f.add("one", 500).on_event = byText();
    f.begin();
    OutboundRequest up;
    f.upstream(up, 0);
    f.event("h1");
    f.upstream(up, 0);  // another step of the same attempt keeps it
    if (upstream)
        f.upstream(up, 1);
    else
        f.run([&] { f.transaction().onAttempt(); });
    f.event("h2");
    f.event("*");
    CHECK(f.out.words() == "h2|*");
}

TEST_CASE("what the reader of the answer throws arrives at the caller", "[plugin_host]") {
    struct Full final : protocol::EventSink {
        void onEvent(const protocol::ChatEvent& /*event*/) override {
            throw Error(ErrorCode::UpstreamError, "too large");
        }
    } full;
    ChainFixture f;
    f.add("one", 500, true).on_event = byText();
    f.begin();
    CHECK(thrownBy([&] { f.wait(f.transaction().onEvent({.text = "rx"}, full)); }).second == "too large");
}

}  // namespace gw::plugin_host
