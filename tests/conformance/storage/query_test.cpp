#include <algorithm>
#include <string>
#include <tuple>

#include "tests/conformance/storage/verbs.h"
#include "tests/support/catch.h"

namespace gw::test {
namespace {

/// 60 rows of three owners, many equal levels, some without one.
std::vector<Record> fill(Verbs& session) {
    std::vector<Record> rows;
    REQUIRE(session.begin() == GWP_OK);
    for (int i = 0; i < 60; ++i) {
        const std::string id = "t" + std::to_string(100 + (i * 37) % 60);
        const Datum level = i % 5 == 0 ? null() : i64((i * 7) % 4 - 1);
        Record row{{"id", text(id)}, {"owner", text(std::string(1, static_cast<char>('a' + i % 3)))}, {"level", level}};
        REQUIRE(session.insert("things", row) == GWP_OK);
        rows.push_back(std::move(row));
    }
    REQUIRE(session.commit() == GWP_OK);
    return rows;
}

std::tuple<bool, std::int64_t, std::string> orderOf(const Record& row) {
    const Datum& level = column(row, "level");
    return {level.type != 0, level.i, column(row, "id").b};  // null is the smallest
}

std::vector<std::string> expected(std::vector<Record> rows, const Ask& ask) {
    const auto keep = [&](const Record& row) {
        return std::all_of(ask.where.begin(), ask.where.end(), [&](const Where& condition) {
            const Datum& value = column(row, condition.column);
            if (condition.compare == GWP_CMP_EQ) return value == condition.value;
            if (condition.compare == GWP_CMP_PREFIX) return value.type != 0 && value.b.starts_with(condition.value.b);
            if (value.type == 0) return false;
            const auto left = std::tie(value.i, value.b), right = std::tie(condition.value.i, condition.value.b);
            if (condition.compare == GWP_CMP_LT) return left < right;
            if (condition.compare == GWP_CMP_LE) return left <= right;
            return condition.compare == GWP_CMP_GT ? left > right : left >= right;
        });
    };
    rows.erase(std::remove_if(rows.begin(), rows.end(), [&](const Record& row) { return !keep(row); }), rows.end());
    std::sort(rows.begin(), rows.end(), [&](const Record& a, const Record& b) {
        if (ask.index.empty()) return column(a, "id").b < column(b, "id").b;
        return orderOf(a) < orderOf(b);
    });
    if (ask.flags & 1u) std::reverse(rows.begin(), rows.end());
    std::vector<std::string> ids;
    for (const Record& row : rows) ids.push_back(column(row, "id").b);
    return ids;
}

std::vector<std::string> allPages(Verbs& session, Ask ask) {
    std::vector<std::string> ids;
    for (int page = 0; page < 100; ++page) {
        const Answer answer = session.find(ask);
        REQUIRE(answer.status == GWP_OK);
        REQUIRE(answer.rows.size() <= ask.limit);
        for (const Record& row : answer.rows) ids.push_back(column(row, "id").b);
        if (answer.next.empty()) return ids;
        REQUIRE(answer.rows.size() == ask.limit);
        ask.after = answer.next;
    }
    FAIL("pages without end");
    return ids;
}

TEST_CASE("pages give every row once and in order, with ties and nulls, both ways", "[conformance]") {
    Migrated database;
    Verbs session(database);
    const std::vector<Record> rows = fill(session);
    const std::vector<Ask> asks{
        {"things", "", {}, 0, "", 0, {}},
        {"things", "", {{"id", GWP_CMP_GE, text("t11")}, {"id", GWP_CMP_LT, text("t14")}}, 0, "", 0, {}},
        {"things", "", {{"id", GWP_CMP_PREFIX, text("t12")}}, 0, "", 0, {}},
        {"things", "by_owner", {{"owner", GWP_CMP_EQ, text("b")}}, 0, "", 0, {}},
        {"things", "by_owner", {{"owner", GWP_CMP_EQ, text("b")}, {"level", GWP_CMP_EQ, i64(1)}}, 0, "", 0, {}},
        {"things", "by_owner", {{"owner", GWP_CMP_EQ, text("a")}, {"level", GWP_CMP_EQ, null()}}, 0, "", 0, {}},
        {"things", "by_owner", {{"level", GWP_CMP_GT, i64(-1)}, {"owner", GWP_CMP_EQ, text("c")}}, 0, "", 0, {}},
        {"things", "by_level", {}, 0, "", 0, {}},
        {"things", "by_level", {{"level", GWP_CMP_LE, i64(1)}}, 0, "", 0, {}},
        {"things", "by_owner", {{"owner", GWP_CMP_EQ, text("nobody")}}, 0, "", 0, {}}};
    for (std::size_t i = 0; i < asks.size(); ++i)
        for (const std::uint64_t limit : {1u, 2u, 3u, 7u, 20u, 60u, 1000u})
            for (const std::uint32_t flags : {0u, 1u}) {
                Ask ask = asks[i];
                ask.limit = limit;
                ask.flags = flags;
                INFO("query " << i << " limit " << limit << " flags " << flags);
                CHECK(allPages(session, ask) == expected(rows, ask));
            }
}

TEST_CASE("a query that follows no index is refused", "[conformance]") {
    Migrated database;
    Verbs session(database);
    const std::vector<std::pair<const char*, Ask>> asks{
        {"second column alone", {"things", "by_owner", {{"level", GWP_CMP_EQ, i64(1)}}, 10, "", 0, {}}},
        {"no column of the index", {"things", "by_owner", {{"name", GWP_CMP_EQ, text("n")}}, 10, "", 0, {}}},
        {"behind a range",
         {"things", "by_owner", {{"owner", GWP_CMP_GT, text("a")}, {"level", GWP_CMP_EQ, i64(1)}}, 10, "", 0, {}}},
        {"twice equal",
         {"things", "by_owner", {{"owner", GWP_CMP_EQ, text("a")}, {"owner", GWP_CMP_EQ, text("b")}}, 10, "", 0, {}}},
        {"unknown index", {"things", "by_magic", {}, 10, "", 0, {}}},
        {"unknown column selected", {"things", "", {}, 10, "", 0, {"magic"}}},
        {"no limit", {"things", "", {}, 0, "", 0, {}}},
        {"too much", {"things", "", {}, 10'001, "", 0, {}}},
        {"wrong type", {"things", "", {{"id", GWP_CMP_EQ, i64(1)}}, 10, "", 0, {}}},
        {"prefix of a number", {"things", "by_level", {{"level", GWP_CMP_PREFIX, i64(1)}}, 10, "", 0, {}}}};
    for (const auto& [why, ask] : asks) {
        INFO(why);
        CHECK(session.find(ask).status == GWP_E_INVALID);
        std::uint64_t done = 0;
        if (ask.select.empty()) CHECK(session.purge(ask, done) == GWP_E_INVALID);
    }
}

TEST_CASE("a cursor that is damaged, or of another query, is refused", "[conformance]") {
    Migrated database;
    Verbs session(database);
    fill(session);
    const Ask ask{"things", "by_owner", {{"owner", GWP_CMP_EQ, text("b")}}, 3, "", 0, {}};
    const std::string cursor = session.find(ask).next;
    REQUIRE_FALSE(cursor.empty());
    const auto statusWith = [&](Ask other, std::string after) {
        other.after = std::move(after);
        return session.find(other).status;
    };
    REQUIRE(statusWith(ask, cursor) == GWP_OK);
    for (std::size_t i = 0; i < cursor.size(); ++i) {
        std::string damaged = cursor;
        damaged[i] = static_cast<char>(damaged[i] ^ 1);
        INFO("byte " << i);
        CHECK(statusWith(ask, damaged) == GWP_E_INVALID);
        CHECK(statusWith(ask, cursor.substr(0, i + 1)) == (i + 1 == cursor.size() ? GWP_OK : GWP_E_INVALID));
    }
    CHECK(statusWith(ask, cursor + "x") == GWP_E_INVALID);
    CHECK(statusWith(ask, std::string(100'000, '\xff')) == GWP_E_INVALID);
    Ask other = ask;
    other.where[0].value = text("c");
    CHECK(statusWith(other, cursor) == GWP_E_INVALID);
    other = ask;
    other.flags = 1;
    CHECK(statusWith(other, cursor) == GWP_E_INVALID);
    CHECK(statusWith({"things", "", {}, 3, "", 0, {}}, cursor) == GWP_E_INVALID);
}

TEST_CASE("select, count and a sink that has enough", "[conformance]") {
    Migrated database;
    Verbs session(database);
    fill(session);
    Answer answer = session.find({"things", "", {}, 2, "", 0, {"owner", "id"}});
    REQUIRE(answer.status == GWP_OK);
    REQUIRE(answer.rows.size() == 2);
    REQUIRE(answer.rows[0].size() == 2);
    CHECK(answer.rows[0][0].first == "owner");
    answer = session.find({"things", "by_owner", {{"owner", GWP_CMP_EQ, text("a")}}, 1000, "", 2, {}});
    REQUIRE(answer.rows.size() == 1);
    CHECK(answer.rows[0] == Record{{"count", i64(20)}});
    answer = session.find({"things", "", {}, 5, "", 2, {}});
    CHECK(column(answer.rows[0], "count") == i64(5));
}

TEST_CASE("purge deletes at most so many, oldest of the order first", "[conformance]") {
    Migrated database;
    Verbs session(database);
    fill(session);
    std::uint64_t done = 99;
    const Ask ask{"things", "by_owner", {{"owner", GWP_CMP_EQ, text("a")}}, 15, "", 0, {}};
    REQUIRE(session.purge(ask, done) == GWP_OK);
    CHECK(done == 15);
    REQUIRE(session.purge(ask, done) == GWP_OK);
    CHECK(done == 5);
    REQUIRE(session.purge(ask, done) == GWP_OK);
    CHECK(done == 0);
    CHECK(allPages(session, {"things", "", {}, 100, "", 0, {}}).size() == 40);
}

}  // namespace
}  // namespace gw::test
