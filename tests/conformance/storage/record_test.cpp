#include <cmath>
#include <limits>

#include "tests/conformance/storage/verbs.h"
#include "tests/support/catch.h"

namespace gw::test {
namespace {

constexpr auto kMin = std::numeric_limits<std::int64_t>::min(), kMax = std::numeric_limits<std::int64_t>::max();
using namespace std::string_literals;

Record thing(const std::string& id, const std::string& owner = "o") {
    return {{"id", text(id)}, {"owner", text(owner)}};
}

TEST_CASE("a value comes back as it went in", "[conformance]") {
    Migrated database;
    Verbs session(database);
    const std::vector<std::pair<std::string, Datum>> values{
        {"level", i64(kMin)},
        {"level", i64(kMax)},
        {"level", i64(0)},
        {"level", null()},
        {"score", f64(0.1)},
        {"score", f64(-1.7976931348623157e308)},
        {"score", f64(5e-324)},
        {"score", f64(3)},
        {"name", text("")},
        {"name", text("\0a\0"s)},
        {"name", text("\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x9A\x80 \xD8\xB9")},
        {"name", text("'; DROP TABLE things; --")},
        {"name", text("a%_\\\"")},
        {"data", blob("\0\xff\x80"s)},
        {"data", blob("")},
        {"data", blob(std::string(1u << 20, 'x'))},
        {"doc", json("{ \"b\" :1,\"a\":[1.0,  2]}")},
        {"doc", json("null")},
        {"made_at", at(kMin)},
        {"made_at", at(1'700'000'000'123'456)},
        {"on_duty", flag(true)},
        {"on_duty", flag(false)}};
    int number = 0;
    for (const auto& [name, value] : values) {
        const std::string id = "v" + std::to_string(number++);
        INFO(id << " " << name);
        Record row = thing(id);
        row.emplace_back(name, value);
        REQUIRE(session.insert("things", row) == GWP_OK);
        const auto found = session.get("things", id);
        REQUIRE(found);
        CHECK(column(*found, name) == value);
        CHECK(column(*found, "hits") == i64(0));
    }
}

TEST_CASE("what does not fit its column is refused", "[conformance]") {
    Migrated database;
    Verbs session(database);
    const std::vector<std::pair<const char*, Record>> rows{
        {"no owner", {{"id", text("x")}}},
        {"null owner", {{"id", text("x")}, {"owner", null()}}},
        {"wrong type", {{"id", text("x")}, {"owner", i64(1)}}},
        {"too long", {{"id", text("x")}, {"owner", text(std::string(65, 'o'))}}},
        {"unknown column", {{"id", text("x")}, {"owner", text("o")}, {"nobody", text("o")}}},
        {"twice", {{"id", text("x")}, {"owner", text("o")}, {"owner", text("p")}}},
        {"not a number", {{"id", text("x")}, {"owner", text("o")}, {"score", f64(std::nan(""))}}},
        {"nothing", {}}};
    for (const auto& [why, row] : rows) {
        INFO(why);
        CHECK(session.insert("things", row) == GWP_E_INVALID);
    }
    CHECK(session.insert("nowhere", thing("x")) == GWP_E_INVALID);
    CHECK(session.insert("things\"; --", thing("x")) == GWP_E_INVALID);
    CHECK_FALSE(session.get("things", "x"));
}

TEST_CASE("a key and a unique entry exist once", "[conformance]") {
    Migrated database;
    Verbs session(database);
    Record row = thing("a");
    row.emplace_back("name", text("n"));
    REQUIRE(session.insert("things", row) == GWP_OK);
    CHECK(session.insert("things", row) == GWP_E_EXISTS);
    row[0].second = text("b");
    CHECK(session.insert("things", row) == GWP_E_EXISTS);
    row[2].second = text("N");  // bytewise: another name
    CHECK(session.insert("things", row) == GWP_OK);
    CHECK(session.update("things", {{"id", text("b")}}, {}, {{"name", text("n")}}) == GWP_E_EXISTS);
    CHECK(session.insert("things", thing("c")) == GWP_OK);  // nulls are no duplicates
    CHECK(session.insert("things", thing("d")) == GWP_OK);
}

TEST_CASE("update compares and sets", "[conformance]") {
    Migrated database;
    Verbs session(database);
    Record row = thing("a");
    row.emplace_back("level", i64(1));
    row.emplace_back("name", text("kept"));
    REQUIRE(session.insert("things", row) == GWP_OK);
    const Record key{{"id", text("a")}};
    CHECK(session.update("things", key, {{"level", i64(1)}}, {{"level", i64(2)}}) == GWP_OK);
    CHECK(session.update("things", key, {{"level", i64(1)}}, {{"level", i64(3)}}) == GWP_E_CONFLICT);
    CHECK(session.update("things", key, {{"score", null()}}, {{"level", null()}}) == GWP_OK);
    CHECK(session.update("things", key, {{"level", null()}, {"name", text("kept")}}, {{"level", i64(7)}}) == GWP_OK);
    CHECK(session.update("things", key, {{"level", null()}}, {{"level", i64(8)}}) == GWP_E_CONFLICT);
    CHECK(session.update("things", {{"id", text("no")}}, {{"level", i64(7)}}, {{"level", i64(8)}}) == GWP_E_NOT_FOUND);
    CHECK(session.update("things", {{"id", text("no")}}, {}, {{"level", i64(8)}}) == GWP_E_NOT_FOUND);
    CHECK(session.update("things", {{"owner", text("o")}}, {}, {{"level", i64(8)}}) == GWP_E_INVALID);
    CHECK(session.update("things", key, {}, {{"id", text("z")}}) == GWP_E_INVALID);
    CHECK(session.update("things", key, {}, {{"level", i64(7)}}) ==
          GWP_OK);  // the same value again is a change that worked
    const auto found = session.get("things", "a");
    CHECK(column(*found, "level") == i64(7));
    CHECK(column(*found, "name") == text("kept"));
}

TEST_CASE("remove takes one row", "[conformance]") {
    Migrated database;
    Verbs session(database);
    REQUIRE(session.insert("things", thing("a")) == GWP_OK);
    CHECK(session.remove("things", {{"id", text("a")}}) == GWP_OK);
    CHECK(session.remove("things", {{"id", text("a")}}) == GWP_E_NOT_FOUND);
    CHECK(session.remove("things", {}) == GWP_E_INVALID);
}

TEST_CASE("a command with a tail that is not known is refused whole", "[conformance]") {
    Migrated database;
    Verbs session(database);
    struct {
        gwp_call call;
        std::uint64_t newer;
    } longer{{sizeof(gwp_call) + 8, 0, 0, nullptr}, 0};
    CHECK(database.table().ping(session.raw(), &longer.call) == GWP_OK);
    longer.newer = 1;
    CHECK(database.table().ping(session.raw(), &longer.call) == GWP_E_UNSUPPORTED);
    Ask ask{"things", "", {}, 10, "", 1u << 7, {}};
    CHECK(session.find(ask).status == GWP_E_UNSUPPORTED);
}

TEST_CASE("a call whose deadline has passed does nothing", "[conformance]") {
    Migrated database;
    Verbs session(database);
    session.limit = std::chrono::nanoseconds(-1);
    CHECK(session.insert("things", thing("late")) == GWP_E_TIMEOUT);
    session.limit = std::chrono::seconds(30);
    CHECK_FALSE(session.get("things", "late"));
}

}  // namespace
}  // namespace gw::test
