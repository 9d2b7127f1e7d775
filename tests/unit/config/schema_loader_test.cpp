#include "config/schema_loader.h"

#include <fstream>
#include <map>

#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

namespace gw::config {
namespace {

using Files = std::map<std::string, std::string>;

plugin_host::Schema load(const Files& files) {
    const test::TemporaryDirectory directory;
    for (const auto& [name, text] : files) std::ofstream(directory.file(name)) << text;
    return loadSchema(directory.path());
}

std::string reasonOf(const Files& files) {
    try {
        (void)load(files);
        return "taken";
    } catch (const std::runtime_error& error) {
        return error.what();
    }
}

const std::string kFirst = R"(version: 1
collections:
  things:
    primary_key: [id]
    columns:
      id: {type: text, max: 32}
      hits: {type: i64, counter: true}
    indexes:
      by_hits: {columns: [hits, id], unique: true}
)";

TEST_CASE("the shipped declarations load", "[config]") {
    const auto schema = loadSchema(std::string(GATEWAY_SOURCE_DIR) + "/migrations");
    CHECK(schema.version >= 1);
    CHECK(schema.collections.size() >= 7);
}

TEST_CASE("a later file adds to what the first declared", "[config]") {
    const auto schema = load({{"0001_first.yaml", kFirst},
                              {"0002_more.yaml", R"(version: 2
collections:
  things:
    columns:
      note: {type: json, max: 10, nullable: true}
    indexes:
      by_note: {columns: [note]}
  others:
    primary_key: [a]
    columns:
      a: {type: time}
)"},
                              {".hidden.yaml", "nonsense"},
                              {"README.md", "nonsense"}});
    REQUIRE(schema.version == 2);
    REQUIRE(schema.collections.size() == 2);
    const auto& things = schema.collections[0];
    REQUIRE(things.columns.size() == 3);
    CHECK(things.columns[1].counter);
    CHECK(things.columns[2].since == 2);
    CHECK(things.columns[2].nullable);
    CHECK(things.indexes[0].unique);
    CHECK(things.indexes[1].since == 2);
    CHECK(schema.collections[1].since == 2);
}

TEST_CASE("a mistake is named with its file and line", "[config]") {
    const auto changed = [](const std::string& from, const std::string& to) {
        std::string text = kFirst;
        text.replace(text.find(from), from.size(), to);
        return Files{{"0001_first.yaml", text}};
    };
    const std::vector<std::pair<Files, std::string>> cases{
        {changed("version: 1", "version: 2"), ":1: the version"},
        {changed("type: i64", "type: int"), ":7: no such type"},
        {changed("max: 32", "max: many"), ":6: a number"},
        {changed(", max: 32", ""), ":6: text, blob and json"},
        {changed("counter: true", "counter: yes"), ":7: true or false"},
        {changed("[id]", "[nobody]"), ":4: no such column"},
        {changed("primary_key: [id]", "primary: [id]"), ":4: unknown key"},
        {changed("      hits: {type: i64, counter: true}", "      id: {type: i64}"), ":7: stands twice"},
        {changed("counter: true", "counter: true, nullable: true"), ":7: a counter"},
        {changed("collections:", "collections: ["), ": "},
        {Files{}, "no declarations"},
        {Files{{"0002_second.yaml", kFirst}}, "number 1 is missing"},
        {Files{{"first.yaml", kFirst}}, "NNNN_name"},
        {Files{{"0001_first.yaml", kFirst},
               {"0002_must.yaml", "version: 2\ncollections:\n  things:\n    columns:\n      must: {type: i64}\n"}},
         ":5: a column that is added"},
    };
    for (const auto& [files, expected] : cases) {
        const std::string reason = reasonOf(files);
        INFO(expected << " in " << reason);
        CHECK(reason.find(expected) != std::string::npos);
    }
    CHECK_THROWS_AS(loadSchema("/nowhere"), std::runtime_error);
}

}  // namespace
}  // namespace gw::config
