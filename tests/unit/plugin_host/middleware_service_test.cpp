#include <atomic>

#include "middleware_fixture.h"
#include "plugin_host/arena.h"

namespace gw::plugin_host {
namespace {

using namespace std::chrono_literals;

/// A link that holds everything; with a token, as one whose decision is still on its way.
struct Holder {
    Holder(ChainFixture& fixture, bool with_token) : f(fixture) {
        f.add("holder", 500).on_event = [this, with_token](gwp_txn* txn, const gwp_txn_api* api, const gwp_event*,
                                                           const gwp_event_sink*, gwp_error*) -> gwp_status {
            kept = txn;
            table = api;
            if (with_token) (void)api->token(txn);
            return GWP_MW_HOLD;
        };
        f.begin();
        f.event("h1");
        f.event("h2");
    }
    void release(std::uint64_t count) const {
        f.run([&] { CHECK(table->release(kept, count) == GWP_OK); });
    }
    ChainFixture& f;
    gwp_txn* kept = nullptr;
    const gwp_txn_api* table = nullptr;
};

}  // namespace

TEST_CASE("the end waits for a decision that is on its way", "[plugin_host]") {
    ChainFixture f;
    const Holder holder(f, true);
    auto done = f.start(f.transaction().onEnd(f.out));
    holder.release(1);
    CHECK_FALSE(done.ended());
    holder.release(~0ull);
    done.get();
    CHECK(f.out.words() == "h1|h2");
}

TEST_CASE("the end waits for a decision as long as events may be held, and not when none can come", "[plugin_host]") {
    const bool with_token = GENERATE(false, true);
    ChainFixture f;
    f.hold.time = with_token ? std::chrono::milliseconds(30) : std::chrono::milliseconds(600'000);
    const Holder holder(f, with_token);
    CHECK(thrownBy([&] { f.end(); }).second == "the middleware 'holder' failed");
    CHECK(f.out.events.empty());
}

TEST_CASE("a request that is given up waits for no decision", "[plugin_host]") {
    ChainFixture f;
    const Holder holder(f, true);
    auto done = f.start(f.transaction().onEnd(f.out));
    f.run([&] { f.cancellation.cancel(io::CancelReason::ClientGone); });
    CHECK(thrownBy([&] { done.get(); }).second == "the client has left");
    CHECK(f.out.events.empty());
}

TEST_CASE("a resume that denies is a refusal, also of an open link", "[plugin_host]") {
    const auto status = GENERATE(GWP_E_DENIED, GWP_E_LIMIT);
    ChainFixture f;
    gwp_token token = 0;
    const gwp_txn_api* table = nullptr;
    f.add("guard", 500, true).on_request = [&](gwp_txn* txn, const gwp_txn_api* api, gwp_error*) {
        token = api->token(txn);
        table = api;
        CHECK(table->resume(&f.instances[0]->context(), token, status) == GWP_OK);
        return GWP_MW_PENDING;
    };
    const auto [code, words] = thrownBy([&] { (void)f.request(); });
    CHECK(code == (status == GWP_E_DENIED ? ErrorCode::ContentFiltered : ErrorCode::RateLimited));
    CHECK(words == "refused by the middleware 'guard'");
}

TEST_CASE("no instance's name can put words into the core's facts", "[plugin_host]") {
    ChainFixture f;
    f.add("request", 100).on_request = [](gwp_txn* txn, const gwp_txn_api* api, gwp_error*) {
        (void)api->set(txn, abi("request.id"), abi("forged"));
        CHECK(view(api->get(txn, abi("request.id"))) == "req_1");
        return GWP_MW_PASS;
    };
    f.begin();
}

TEST_CASE("the largest request can be parsed in the memory of its transaction", "[plugin_host]") {
    ChainFixture f;
    f.subject.request = "{\"image\":\"" + std::string((32u << 20) - 64, 'A') + "\"}";
    gwp_status parsed = GWP_E_INTERNAL;
    f.add("guard", 500).on_request = [&](gwp_txn* txn, const gwp_txn_api* api, gwp_error*) {
        const gwp_json* root = nullptr;
        std::uint64_t offset = 0;
        const gwp_str text = api->request_json(txn);
        parsed = jsonService().parse(&f.instances[0]->context(), api->arena(txn), abiBytes(view(text)), &root, &offset);
        return GWP_MW_PASS;
    };
    f.begin();
    CHECK(parsed == GWP_OK);
}

}  // namespace gw::plugin_host
