#include <iterator>
#include <random>
#include <span>

#include "plugin_host/elf_file.h"
#include "plugin_host/manifest.h"
#include "plugin_host/plugin_files.h"
#include "plugin_host/refusal.h"
#include "plugin_host_fixture.h"

namespace gw::plugin_host {

namespace {

std::string contentOf(const std::string& name) {
    std::ifstream stream(PluginHostFixture::built(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

ElfFacts factsOf(const std::string& bytes) {
    return readElf(std::as_bytes(std::span(bytes.data(), bytes.size())));
}

std::string manifestRefusal(const std::string& text) {
    try {
        static_cast<void>(parseManifest(text));
    } catch (const Refusal& refusal) {
        return refusal.what();
    }
    return "accepted";
}

}  // namespace

TEST_CASE("the facts of a shared object are read without running it", "[plugin_host]") {
    const ElfFacts facts = factsOf(contentOf("plain_c"));
    CHECK(facts.exports == std::vector<std::string>{"gwp_entry_1"});
    CHECK_FALSE(facts.executable_stack);
    CHECK_FALSE(facts.text_relocations);
    CHECK(facts.run_paths.empty());
    CHECK_FALSE(facts.build_id.empty());
    const Manifest manifest = parseManifest(facts.manifest);
    CHECK(manifest.id == "test.plain_c");
    CHECK(manifest.abi == std::vector<std::uint32_t>{1});
    CHECK(manifest.classes[0].interfaces == std::vector<std::string>{"gwp.provider.translate/1"});
}

TEST_CASE("a truncated or damaged shared object is refused, never misread", "[plugin_host]") {
    const std::string whole = contentOf("plain_c");
    for (std::size_t size = 0; size < whole.size(); size += 97)
        CHECK_THROWS_AS(factsOf(whole.substr(0, size)), Refusal);
    std::mt19937 random(7);  // NOLINT(bugprone-random-generator-seed): the same damage each time
    for (int round = 0; round < 2000; ++round) {
        std::string damaged = whole;
        for (int i = 0; i < 4; ++i) {
            const std::size_t at = round % 2 == 0 ? random() % 1024 : random() % damaged.size();
            damaged[at] = static_cast<char>(random());
        }
        try {
            static_cast<void>(factsOf(damaged));
        } catch (const Refusal&) {
            continue;
        }
    }
}

TEST_CASE("a lint finding says what an author must change", "[plugin_host]") {
    ElfFacts elf;
    Manifest manifest;
    CHECK(lint(elf, manifest).empty());
    elf.executable_stack = elf.text_relocations = true;
    elf.run_paths = {"$ORIGIN/x", "/opt/lib"};
    elf.exports = {"gwp_entry_1", "main"};
    elf.needed = {"libc.so.6", "ld-linux-x86-64.so.2", "libcurl.so.4", "libssl.so.3"};
    manifest.system_libs = {"libssl.so.3"};
    const auto findings = lint(elf, manifest);
    REQUIRE(findings.size() == 5);
    CHECK(findings[2].text == "has the run path /opt/lib");
    CHECK(findings[3].text == "exports main; only gwp_entry_* may be visible");
    CHECK(findings[4].text == "needs libcurl.so.4, which its manifest does not list under system_libs");
}

TEST_CASE("a manifest's mistake is named by its field", "[plugin_host]") {
    const auto [text, words] = GENERATE(table<std::string, std::string>({
        {"", "no manifest"},
        {"{", "malformed JSON at byte"},
        {"[]", "must be a JSON object"},
        {R"({"version":"1"})", "manifest: id must be a non-empty string"},
        {R"({"id":"a","version":1})", "manifest: version must be a non-empty string"},
        {R"({"id":"a","version":"1"})", "manifest: abi must list"},
        {R"({"id":"a","version":"1","abi":[-1]})", "manifest: abi must be a small non-negative integer"},
        {R"({"id":"a","version":"1","abi":[1]})", "manifest: classes must name at least one class"},
        {R"({"id":"a","version":"1","abi":[1],"classes":[{"id":"x"}]})", "classes[].kind is missing"},
        {R"({"id":"a","version":"1","abi":[1],"classes":[{"id":"x","kind":"k"}],"needs":1})", "needs must be a list"},
        {R"({"id":"a","version":"1","abi":[1],"classes":[{"id":"x","kind":"k"}],"future":{}})", "accepted"},
    }));
    CAPTURE(text);
    CHECK(manifestRefusal(text).find(words) != std::string::npos);
}

}  // namespace gw::plugin_host
