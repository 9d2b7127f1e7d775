#include <algorithm>
#include <filesystem>

#include "tests/conformance/fixture.h"
#include "tests/conformance/provider_run.h"
#include "tests/conformance/test_host.h"
#include "tests/support/catch.h"

namespace {

using namespace conformance;

/// Each test runs over plugins/<name>/fixtures/*.yaml of these.
const std::vector<std::string>& providers() {
    static const std::vector<std::string> names{"openai", "echo"};
    return names;
}

template <class Visit>
void eachFixture(const Visit& visit) {
    for (const std::string& provider : providers()) {
        std::vector<std::filesystem::path> files;
        for (const auto& entry : std::filesystem::directory_iterator(std::string(GATEWAY_SOURCE_DIR) + "/plugins/" +
                                                                     provider + "/fixtures"))
            files.push_back(entry.path());
        std::sort(files.begin(), files.end());
        REQUIRE_FALSE(files.empty());
        for (const auto& file : files)
            for (const Fixture& fixture : loadFixtures(file.string())) {
                INFO(provider << ", " << file.filename().string() << ": " << fixture.name);
                LoadedInstance instance(provider, fixture.config);
                REQUIRE(instance.refusal().empty());
                visit(instance, fixture);
            }
    }
}

void checkRequest(const Fixture& fixture, const Outcome& outcome) {
    if (!fixture.sends_path.empty()) CHECK(outcome.method + " " + outcome.path == fixture.sends_path);
    if (!fixture.sends_body.empty()) CHECK(outcome.body == fixture.sends_body);
    if (fixture.sends_headers) CHECK(outcome.headers == *fixture.sends_headers);
}

std::string lines(const std::vector<std::string>& list) {
    std::string text;
    for (const auto& line : list) text += line + '\n';
    return text;
}

}  // namespace

TEST_CASE("a provider sends, tells and fails as its fixtures say", "[conformance]") {
    eachFixture([](LoadedInstance& instance, const Fixture& fixture) {
        const Outcome outcome = runProvider(instance, fixture, whole());
        checkRequest(fixture, outcome);
        CHECK(lines(outcome.events) == lines(fixture.events));
        CHECK(outcome.error == fixture.error);
        if (!fixture.frames.empty()) CHECK(lines(outcome.frames) == lines(fixture.frames));
        CHECK(outcome.waits == fixture.waits);
    });
}

TEST_CASE("how an answer is cut into pieces changes nothing", "[conformance]") {
    eachFixture([](LoadedInstance& instance, const Fixture& fixture) {
        const Outcome expected = runProvider(instance, fixture, whole());
        const auto same = [&](const Outcome& outcome) {
            return outcome.events == expected.events && outcome.error == expected.error &&
                   outcome.frames == expected.frames;
        };
        CHECK(same(runProvider(instance, fixture, byteByByte())));
        for (std::size_t place = 1; place < fixture.body.size(); ++place) {
            INFO("cut at byte " << place);
            if (!same(runProvider(instance, fixture, cutAt(place)))) FAIL("another outcome");
        }
    });
}

TEST_CASE("an answer that ends before its end is an error", "[conformance]") {
    eachFixture([](LoadedInstance& instance, const Fixture& fixture) {
        if (fixture.operation != "chat") return;
        for (std::size_t length = 0; length < fixture.body.size(); ++length) {
            INFO("cut off behind byte " << length);
            const Outcome outcome = runProvider(instance, fixture, whole(), fixture.body.substr(0, length));
            if (outcome.error.empty() && !outcome.finished) FAIL("taken for an answer");
        }
    });
}

TEST_CASE("no garbled byte harms the reader", "[conformance]") {
    eachFixture([](LoadedInstance& instance, const Fixture& fixture) {
        for (std::size_t place = 0; place < fixture.body.size(); place += 3) {
            std::string body = fixture.body;
            body[place] = static_cast<char>(body[place] ^ (place % 2 == 0 ? 0x80 : 0x1F));
            const Outcome outcome = runProvider(instance, fixture, whole(), body);
            if (outcome.error.empty() && fixture.operation == "chat" && !outcome.finished) FAIL("taken for an answer");
        }
    });
}
