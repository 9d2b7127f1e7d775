#include <chrono>
#include <thread>

#include "plugin_host_fixture.h"

namespace gw::plugin_host {

namespace {

/// What became of one instance when a library alone is configured.
PluginStatus fateOf(PluginHostFixture& host, const std::string& library, LoaderOptions options) {
    host.install(library);
    Registry registry(host.parts, std::move(options));
    registry.publish(registry.build({PluginHostFixture::spec(library, "test.bad", "one")}));
    const auto statuses = registry.statuses();
    REQUIRE(statuses.size() == 1);
    return statuses.front();
}

bool waitFor(const Registry& registry, const std::string& name) {
    for (int i = 0; i < 500; ++i) {
        if (registry.find(name) != nullptr) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
}

}  // namespace

TEST_CASE("a library in plain C and one in C++ load, start and answer for their interface", "[plugin_host]") {
    PluginHostFixture host;
    host.install("plain_c");
    host.install("plain_cpp");
    Registry registry(host.parts, host.options());
    registry.publish(registry.build({PluginHostFixture::spec("plain_c", "test.plain_c", "c"),
                                     PluginHostFixture::spec("plain_cpp", "test.counter", "counter")}));
    for (const PluginStatus& status : registry.statuses()) {
        INFO(toJson(status));
        CHECK(status.state == PluginState::Ready);
        CHECK(status.sha256.size() == 64);
    }
    REQUIRE(registry.find("c") != nullptr);
    CHECK(registry.find("c")->interface("gwp.provider.translate/1") != nullptr);
    CHECK(registry.find("c")->interface("gwp.unknown/1") == nullptr);
    CHECK(registry.statuses()[1].stage == 500);
    CHECK(registry.find("nobody") == nullptr);
}

TEST_CASE("what a library does to the probe is named, and the gateway lives on", "[plugin_host]") {
    const auto [library, words] = GENERATE(table<std::string, std::string>({
        {"crash_entry", "crashed the probe: Killed, in loading"},
        {"exit_entry", "ended the probe with exit status 0"},
        {"garbage", "garbage in its descriptor"},
        {"throw_entry", "the probe"},
        {"refuse", "refuses this gateway: not today (mood)"},
        {"other_id", "its code says otherwise"},
        {"wrong_major", "speaks plugin ABI 2; this gateway speaks 1"},
        {"exports", "exports stray_symbol"},
        {"needs", "needs gwp.telepathy/1, which this gateway does not offer"},
        {"newer_host", "needs plugin ABI 1.7"},
        {"crash_create", "crashed the probe: Killed, in create of one"},
        {"capability", "needs gwp.kv/1: grant [kv]"},
    }));
    PluginHostFixture host;
    const PluginStatus status = fateOf(host, library, host.options());
    CAPTURE(library, status.reason);
    CHECK(status.state == PluginState::Failed);
    CHECK(status.reason.find(words) != std::string::npos);
    CHECK(status.instance == "one");
}

TEST_CASE("an entry that does not return is given up after the limit", "[plugin_host]") {
    PluginHostFixture host;
    LoaderOptions options = host.options();
    options.probe.limit = std::chrono::milliseconds(300);
    const PluginStatus status = fateOf(host, "hang_entry", options);
    CHECK(status.reason.find("did not come back within 300 ms") != std::string::npos);
}

TEST_CASE("a plugin's exception becomes the instance's reason", "[plugin_host]") {
    PluginHostFixture host;
    host.install("plain_cpp");
    auto spec = PluginHostFixture::spec("plain_cpp", "test.counter", "a");
    spec.instances[0].config_json = R"({"fail":1})";
    spec.instances.push_back(spec.instances[0]);
    spec.instances[1].name = "b";
    spec.instances[1].config_json = R"({"throw":1})";
    LoaderOptions options = host.options();
    options.probe_first = GENERATE(true, false);
    Registry registry(host.parts, options);
    const auto statuses = registry.build({spec})->statuses();
    CHECK(statuses[0].reason.find("create failed: I do not like this (plugin_error)") != std::string::npos);
    CHECK(statuses[1].reason.find("create failed: unknown exception") != std::string::npos);
}

TEST_CASE("an instance whose start fails is starting, and ready once a retry works", "[plugin_host]") {
    PluginHostFixture host;
    host.install("start_later");
    Registry registry(host.parts, host.options());
    const auto generation = registry.build({PluginHostFixture::spec("start_later", "test.bad", "late")});
    CHECK(generation->statuses()[0].state == PluginState::Starting);
    CHECK(generation->statuses()[0].reason.find("the database is away") != std::string::npos);
    CHECK(generation->find("late") == nullptr);
    registry.publish(generation);
    CHECK(waitFor(registry, "late"));
}

TEST_CASE("a reload reuses what is the same, replaces what changed and retires what is still used", "[plugin_host]") {
    PluginHostFixture host;
    host.install("plain_cpp");
    auto spec = PluginHostFixture::spec("plain_cpp", "test.counter", "same");
    spec.instances.push_back(spec.instances[0]);
    spec.instances[1].name = "changed";
    Registry registry(host.parts, host.options());
    registry.publish(registry.build({spec}));
    const auto same = registry.find("same");
    auto old = registry.find("changed");
    spec.instances[1].config_json = R"({"other":true})";
    registry.publish(registry.build({spec}));
    CHECK(registry.find("same") == same);
    CHECK(registry.find("changed") != nullptr);
    CHECK(registry.find("changed") != old);
    CHECK(registry.statuses().size() == 3);
    CHECK(registry.statuses()[2].state == PluginState::Retired);
    old.reset();
    host.control.call([] {});
    CHECK(registry.statuses().size() == 2);
}

TEST_CASE("an instance that cannot be replaced goes on as it was, unless the operator forbids it", "[plugin_host]") {
    PluginHostFixture host;
    host.install("plain_cpp");
    auto spec = PluginHostFixture::spec("plain_cpp", "test.counter", "one");
    spec.keep_on_error = GENERATE(true, false);
    Registry registry(host.parts, host.options());
    registry.publish(registry.build({spec}));
    const auto before = registry.find("one");
    spec.instances[0].config_json = R"({"fail":1})";
    const auto next = registry.build({spec});
    CHECK(next->find("one") == (spec.keep_on_error ? before : nullptr));
    CHECK(next->statuses()[0].reason.find("I do not like this") != std::string::npos);
}

TEST_CASE("a library replaced on disk is mapped beside the old one", "[plugin_host]") {
    PluginHostFixture host;
    host.install("plain_cpp", "plugin");
    auto spec = PluginHostFixture::spec("plugin", "test.hello", "one");
    Registry registry(host.parts, host.options());
    registry.publish(registry.build({spec}));
    const auto old = registry.find("one");
    host.install("plain_c", "plugin");  // written over in place: the private copy is not touched
    spec.instances[0].class_name = "test.plain_c";
    registry.publish(registry.build({spec}));
    REQUIRE(registry.find("one") != nullptr);
    CHECK(registry.find("one") != old);
    CHECK(old->interface("gwp.provider.translate/1") != nullptr);
    CHECK(registry.find("one")->className() == "test.plain_c");
}

TEST_CASE("a library that was retired may come back", "[plugin_host]") {
    PluginHostFixture host;
    host.install("plain_cpp");
    const auto spec = PluginHostFixture::spec("plain_cpp", "test.hello", "one");
    Registry registry(host.parts, host.options());
    for (int round = 0; round < 3; ++round) {
        registry.publish(registry.build({spec}));
        CHECK(registry.find("one") != nullptr);
        registry.publish(registry.build({}));
        for (int i = 0; i < 3; ++i) host.control.call([] {});  // stop, destroy, retire
        CHECK(registry.statuses().empty());
    }
    CHECK(host.metrics.text().find("gateway_plugin_retired_libraries 3") != std::string::npos);
}

TEST_CASE("two instances of one name, quarantine and disabling are told apart", "[plugin_host]") {
    PluginHostFixture host;
    host.install("plain_cpp");
    auto spec = PluginHostFixture::spec("plain_cpp", "test.counter", "one");
    spec.instances.push_back(spec.instances[0]);
    spec.instances.push_back(spec.instances[0]);
    spec.instances[2].name = "ill";
    spec.instances[2].quarantine = "crashed 3 times in 5 minutes";
    auto off = PluginHostFixture::spec("plain_cpp", "test.counter", "off");
    off.enabled = false;
    Registry registry(host.parts, host.options());
    const auto statuses = registry.build({spec, off})->statuses();
    REQUIRE(statuses.size() == 4);
    CHECK(statuses[0].state == PluginState::Ready);
    CHECK(statuses[1].state == PluginState::Failed);
    CHECK(statuses[2].state == PluginState::Quarantined);
    CHECK(statuses[3].state == PluginState::Disabled);
}

TEST_CASE("inspect tells facts without running code, and what the probe saw when asked", "[plugin_host]") {
    PluginHostFixture host;
    const std::string file = host.install("plain_cpp");
    const std::string crashing = host.install("crash_entry");
    Registry registry(host.parts, host.options());
    CHECK(registry.inspect(file, false).find(R"("exports":["gwp_entry_1"])") != std::string::npos);
    CHECK(registry.inspect(crashing, false).find("crashed") == std::string::npos);
    CHECK(registry.inspect(crashing, true).find("crashed the probe") != std::string::npos);
    CHECK(registry.inspect(file, true).find("test.hello") != std::string::npos);
}

}  // namespace gw::plugin_host
