#include "routing/model_router.h"

#include "base/error.h"
#include "routing/provider_health.h"
#include "tests/support/catch.h"

using namespace gw;
using namespace gw::routing;
using namespace std::chrono_literals;

namespace {

ModelEntry entry(const char* name) {
    return {ModelName(name), "", 0};
}

}  // namespace

TEST_CASE("a model name finds its candidates", "[routing]") {
    ModelCatalog catalog;
    catalog.set(ProviderName("openai"), {entry("gpt-5"), entry("shared")});
    catalog.set(ProviderName("router"), {entry("shared"), entry("qwen/qwen3:free")});
    const ModelRouter router(
        {{"fast", {{ProviderName("openai"), ModelName("gpt-5")}, {ProviderName("router"), ModelName("x")}}}},
        {ProviderName("openai"), ProviderName("router")}, catalog);
    struct Case {
        const char* asked;
        std::vector<std::string> expected;  // provider>model; empty: refused
    };
    const Case cases[] = {
        {"gpt-5", {"openai>gpt-5"}},
        {"openai/gpt-5", {"openai>gpt-5"}},
        {"openai/unlisted", {"openai>unlisted"}},
        {"router/qwen/qwen3:free", {"router>qwen/qwen3:free"}},
        {"qwen/qwen3:free", {"router>qwen/qwen3:free"}},
        {"fast", {"openai>gpt-5", "router>x"}},
        {"shared", {}},
        {"nobody", {}},
        {"openai/", {}},
        {"", {}},
    };
    for (const auto& c : cases) {
        INFO(c.asked);
        if (c.expected.empty()) {
            CHECK_THROWS_AS(router.candidates(c.asked), Error);
            continue;
        }
        std::vector<std::string> found;
        for (const auto& target : router.candidates(c.asked))
            found.push_back(target.provider.str() + ">" + target.model.str());
        CHECK(found == c.expected);
    }
}

TEST_CASE("what a reload removed is no longer served", "[routing]") {
    ModelCatalog catalog;
    catalog.set(ProviderName("a"), {entry("one")});
    catalog.set(ProviderName("b"), {entry("two")});
    catalog.retain({ProviderName("b")});
    CHECK(catalog.servers("one").empty());
    CHECK(catalog.servers("two").size() == 1);
    CHECK_FALSE(catalog.knows(ProviderName("a")));
}

TEST_CASE("a provider rests after failures in a row and a success ends it", "[routing]") {
    ProviderHealth health({.failures = 2, .rest = 10s});
    const ProviderName name("p");
    const MonoTime start{};
    health.failed(name, "upstream_error", start + 1s);
    CHECK_FALSE(health.resting(name, start + 1s));
    health.failed(name, "upstream_timeout", start + 1s);
    CHECK(health.resting(name, start + 10s));
    CHECK(health.report(name, start + 2s).last_error == "upstream_timeout");
    CHECK_FALSE(health.resting(name, start + 12s));
    health.failed(name, "x", start + 13s);
    health.succeeded(name);
    CHECK_FALSE(health.resting(name, start + 13s));
}
