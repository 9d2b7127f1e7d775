#include "tests/conformance/storage/verbs.h"
#include "tests/support/catch.h"

namespace gw::test {
namespace {

std::uint32_t versionOf(Database& database) {
    std::uint32_t installed = 99;
    Verbs session(database);
    REQUIRE(session.schemaVersion(installed) == GWP_OK);
    return installed;
}

TEST_CASE("a database goes from nothing to version 1 to 2 and keeps its rows", "[conformance]") {
    Database database;
    REQUIRE(database.declare(schemaOf(1)) == GWP_OK);
    CHECK(versionOf(database) == 0);
    {
        Verbs session(database);
        std::string plan;
        REQUIRE(session.plan(plan) == GWP_OK);
        CHECK(plan.find("things") != std::string::npos);
        CHECK(versionOf(database) == 0);  // a plan does nothing
        REQUIRE(session.migrate() == GWP_OK);
        REQUIRE(session.migrate() == GWP_OK);
        REQUIRE(session.plan(plan) == GWP_OK);
        CHECK(plan.empty());
        REQUIRE(session.insert("things", {{"id", text("old")}, {"owner", text("o")}}) == GWP_OK);
    }
    CHECK(versionOf(database) == 1);
    database.restart();
    REQUIRE(database.declare(schemaOf(2)) == GWP_OK);
    CHECK(versionOf(database) == 1);
    Verbs session(database);
    REQUIRE(session.migrate() == GWP_OK);
    CHECK(versionOf(database) == 2);
    const auto row = session.get("things", "old");
    REQUIRE(row);
    CHECK(column(*row, "note") == null());
    CHECK(column(*row, "tries") == i64(0));
    CHECK(session.insert("pairs", {{"a", text("x")}, {"b", i64(1)}}) == GWP_OK);
    CHECK(session.insert("pairs", {{"a", text("x")}, {"b", i64(1)}}) == GWP_E_EXISTS);
    CHECK(session.insert("pairs", {{"a", text("x")}, {"b", i64(2)}}) == GWP_OK);
    CHECK(session.find({"things", "by_note", {{"note", GWP_CMP_EQ, null()}}, 5, "", 0, {}}).rows.size() == 1);
    CHECK(session.find({"pairs", "", {{"a", GWP_CMP_EQ, text("x")}}, 5, "", 0, {}}).rows.size() == 2);
}

TEST_CASE("a database newer than the declarations is refused", "[conformance]") {
    Database database;
    REQUIRE(database.declare(schemaOf(2)) == GWP_OK);
    {
        Verbs session(database);
        REQUIRE(session.migrate() == GWP_OK);
    }
    database.restart();
    REQUIRE(database.declare(schemaOf(1)) == GWP_OK);
    CHECK(versionOf(database) == 2);
    Verbs session(database);
    CHECK(session.migrate() == GWP_E_UNSUPPORTED);
}

TEST_CASE("a step that is not additive is described and refused", "[conformance]") {
    Migrated database;
    plugin_host::Schema schema = schemaOf(2);
    schema.collections[0].columns.push_back({"must", plugin_host::ColumnType::Text, false, false, 10, 2});
    REQUIRE(database.declare(schema) == GWP_OK);
    Verbs session(database);
    std::string plan;
    REQUIRE(session.plan(plan) == GWP_OK);
    CHECK(plan.find("must") != std::string::npos);
    CHECK(session.migrate() == GWP_E_UNSUPPORTED);
    CHECK(versionOf(database) == 1);
    CHECK(session.ping() == GWP_OK);
}

TEST_CASE("a declaration that makes no sense is refused", "[conformance]") {
    Database database;
    plugin_host::Schema schema = schemaOf(1);
    schema.collections[0].primary_key = {"nobody"};
    CHECK(database.declare(schema) == GWP_E_INVALID);
    schema = schemaOf(1);
    schema.collections[0].name = "things\"; DROP TABLE x; --";
    CHECK(database.declare(schema) == GWP_E_INVALID);
}

}  // namespace
}  // namespace gw::test
