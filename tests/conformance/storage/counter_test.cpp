#include <atomic>
#include <limits>
#include <random>
#include <thread>

#include "tests/conformance/storage/verbs.h"
#include "tests/support/catch.h"

namespace gw::test {
namespace {

constexpr auto kMin = std::numeric_limits<std::int64_t>::min(), kMax = std::numeric_limits<std::int64_t>::max();
const Record kKey{{"id", text("c")}};
const Record kInit{{"owner", text("o")}};

std::int64_t hits(Verbs& session) {
    const auto row = session.get("things", "c");
    REQUIRE(row);
    return column(*row, "hits").i;
}

/// Runs `work(Verbs&, thread)` on so many threads, each with a session of its own.
template <class F>
void onThreads(Database& database, int count, F work) {
    std::vector<std::thread> threads;
    for (int t = 0; t < count; ++t)
        threads.emplace_back([&database, &work, t] {
            Verbs session(database);
            work(session, t);
        });
    for (std::thread& thread : threads) thread.join();
}

TEST_CASE("add makes the row and sums", "[conformance]") {
    Migrated database;
    Verbs session(database);
    CHECK(session.add("things", kKey, kInit, {{"hits", i64(5)}, {"misses", i64(1)}}) == GWP_OK);
    CHECK(session.add("things", kKey, kInit, {{"hits", i64(-7)}}) == GWP_OK);
    CHECK(hits(session) == -2);
    CHECK(column(*session.get("things", "c"), "misses") == i64(1));
    CHECK(session.add("things", kKey, {{"owner", text("other")}}, {{"hits", i64(0)}}) == GWP_OK);
    CHECK(column(*session.get("things", "c"), "owner") == text("o"));  // init is for new rows
    CHECK(session.add("things", {{"id", text("d")}}, {{"owner", text("o")}, {"hits", i64(10)}}, {{"hits", i64(1)}}) ==
          GWP_OK);
    CHECK(column(*session.get("things", "d"), "hits") == i64(11));
    CHECK(session.add("things", kKey, kInit, {{"level", i64(1)}}) == GWP_E_INVALID);
    CHECK(session.add("things", kKey, kInit, {}) == GWP_E_INVALID);
}

TEST_CASE("a row that exists needs no init, one that does not needs enough", "[conformance]") {
    Migrated database;
    Verbs session(database);
    CHECK(session.add("things", kKey, {}, {{"hits", i64(1)}}) == GWP_E_INVALID);
    CHECK(session.addBounded("things", kKey, {}, {{"hits", i64(1)}}, {"hits", 0, 9}) == GWP_E_INVALID);
    CHECK_FALSE(session.get("things", "c"));
    REQUIRE(session.add("things", kKey, kInit, {{"hits", i64(1)}}) == GWP_OK);
    CHECK(session.add("things", kKey, {}, {{"hits", i64(2)}}) == GWP_OK);
    CHECK(session.addBounded("things", kKey, {}, {{"hits", i64(4)}}, {"hits", 0, 7}) == GWP_OK);
    CHECK(session.addBounded("things", kKey, {}, {{"hits", i64(1)}}, {"hits", 0, 7}) == GWP_E_LIMIT);
    CHECK(hits(session) == 7);
}

TEST_CASE("a sum beyond 64 bits changes nothing", "[conformance]") {
    Migrated database;
    Verbs session(database);
    REQUIRE(session.add("things", kKey, kInit, {{"hits", i64(kMax)}}) == GWP_OK);
    CHECK(session.add("things", kKey, kInit, {{"hits", i64(1)}}) == GWP_E_INVALID);
    CHECK(hits(session) == kMax);
    CHECK(session.addBounded("things", kKey, kInit, {{"hits", i64(1)}}, {"hits", kMin, kMax}) == GWP_E_LIMIT);
    CHECK(session.addBounded("things", kKey, kInit, {{"hits", i64(kMin)}}, {"hits", kMin, kMax}) == GWP_OK);
    CHECK(hits(session) == -1);
    CHECK(session.addBounded("things", kKey, kInit, {{"hits", i64(kMin)}}, {"hits", kMin, kMax}) == GWP_E_LIMIT);
    CHECK(session.addBounded("things", kKey, kInit, {{"hits", i64(kMin + 1)}}, {"hits", kMin, kMax}) == GWP_OK);
    CHECK(hits(session) == kMin);
}

TEST_CASE("add_bounded follows a model", "[conformance]") {
    Migrated database;
    Verbs session(database);
    std::mt19937_64 random(7);
    std::optional<std::int64_t> model;
    for (int i = 0; i < 500; ++i) {
        if (i % 50 == 49) {
            (void)session.remove("things", kKey);
            model.reset();
        }
        const auto delta = static_cast<std::int64_t>(random() % 41) - 20;
        const auto min = static_cast<std::int64_t>(random() % 20) - 20, max = static_cast<std::int64_t>(random() % 40);
        const std::int64_t sum = model.value_or(0) + delta;
        const bool fits = sum >= min && sum <= max;
        INFO(i << ": " << model.value_or(0) << " + " << delta << " within " << min << ".." << max);
        REQUIRE(session.addBounded("things", kKey, kInit, {{"hits", i64(delta)}}, {"hits", min, max}) ==
                (fits ? GWP_OK : GWP_E_LIMIT));
        if (fits) model = sum;
        REQUIRE(session.get("things", "c").has_value() == model.has_value());
        if (model) REQUIRE(hits(session) == *model);
    }
    CHECK(session.addBounded("things", kKey, kInit, {{"hits", i64(1)}}, {"hits", 5, 4}) == GWP_E_INVALID);
    CHECK(session.addBounded("things", kKey, kInit, {{"hits", i64(1)}}, {"misses", 0, 4}) == GWP_E_INVALID);
}

TEST_CASE("a bound that is met leaves the transaction open", "[conformance]") {
    Migrated database;
    Verbs session(database);
    REQUIRE(session.begin() == GWP_OK);
    CHECK(session.add("things", kKey, kInit, {{"misses", i64(1)}}) == GWP_OK);
    CHECK(session.addBounded("things", kKey, kInit, {{"hits", i64(6)}, {"misses", i64(1)}}, {"hits", 0, 5}) ==
          GWP_E_LIMIT);
    CHECK(session.addBounded("things", kKey, kInit, {{"hits", i64(5)}}, {"hits", 0, 5}) == GWP_OK);
    REQUIRE(session.commit() == GWP_OK);
    CHECK(hits(session) == 5);
    CHECK(column(*session.get("things", "c"), "misses") == i64(1));
}

TEST_CASE("8 threads add 250 times each and nothing is lost", "[conformance]") {
    Migrated database;
    std::atomic<int> failed = 0;
    onThreads(database, 8, [&](Verbs& session, int) {
        for (int i = 0; i < 250; ++i)
            if (session.add("things", kKey, kInit, {{"hits", i64(1)}}) != GWP_OK) ++failed;
    });
    Verbs session(database);
    CHECK(failed == 0);
    CHECK(hits(session) == 2000);
}

TEST_CASE("8 threads share a bound exactly", "[conformance]") {
    Migrated database;
    std::atomic<int> taken = 0, refused = 0;
    onThreads(database, 8, [&](Verbs& session, int) {
        for (int i = 0; i < 250; ++i) {
            const gwp_status status = session.addBounded("things", kKey, kInit, {{"hits", i64(7)}}, {"hits", 0, 5000});
            if (status == GWP_OK) ++taken;
            if (status == GWP_E_LIMIT) ++refused;
        }
    });
    Verbs session(database);
    CHECK(taken == 714);
    CHECK(refused == 2000 - 714);
    CHECK(hits(session) == 4998);
}

TEST_CASE("transactions and single writes of many sessions take turns", "[conformance]") {
    Migrated database;
    std::atomic<int> failed = 0;
    onThreads(database, 6, [&](Verbs& session, int thread) {
        for (int i = 0; i < 60; ++i) {
            if (thread % 2 == 0) {
                if (session.add("things", kKey, kInit, {{"hits", i64(1)}}) != GWP_OK) ++failed;
                continue;
            }
            const bool ok = session.begin() == GWP_OK &&
                            session.add("things", kKey, kInit, {{"hits", i64(1)}}) == GWP_OK &&
                            session.add("things", kKey, kInit, {{"misses", i64(1)}}) == GWP_OK &&
                            (i % 3 == 0 ? session.rollback() : session.commit()) == GWP_OK;
            if (!ok) ++failed;
        }
    });
    Verbs session(database);
    CHECK(failed == 0);
    CHECK(hits(session) == 3 * 60 + 3 * 40);
    CHECK(column(*session.get("things", "c"), "misses") == i64(3 * 40));
}

}  // namespace
}  // namespace gw::test
