#include <atomic>
#include <thread>

#include "tests/conformance/storage/verbs.h"
#include "tests/support/catch.h"

namespace gw::test {
namespace {

Record thing(const std::string& id) {
    return {{"id", text(id)}, {"owner", text("o")}};
}

TEST_CASE("a transaction is seen whole or not at all", "[conformance]") {
    Migrated database;
    Verbs writer(database), reader(database);
    REQUIRE(writer.begin() == GWP_OK);
    REQUIRE(writer.insert("things", thing("a")) == GWP_OK);
    CHECK(writer.insert("things", thing("a")) == GWP_E_EXISTS);  // does not end it
    CHECK(writer.get("things", "a"));
    CHECK_FALSE(reader.get("things", "a"));
    REQUIRE(writer.commit() == GWP_OK);
    CHECK(reader.get("things", "a"));
    REQUIRE(writer.begin() == GWP_OK);
    REQUIRE(writer.insert("things", thing("b")) == GWP_OK);
    REQUIRE(writer.remove("things", {{"id", text("a")}}) == GWP_OK);
    REQUIRE(writer.rollback() == GWP_OK);
    CHECK(reader.get("things", "a"));
    CHECK_FALSE(reader.get("things", "b"));
}

TEST_CASE("transactions do not nest, and end only once", "[conformance]") {
    Migrated database;
    Verbs session(database);
    REQUIRE(session.begin() == GWP_OK);
    CHECK(session.begin() == GWP_E_INVALID);
    CHECK(session.insert("things", thing("a")) == GWP_OK);
    CHECK(session.commit() == GWP_OK);
    CHECK(session.commit() == GWP_E_INVALID);
    CHECK(session.get("things", "a"));
}

TEST_CASE("a read-only transaction sees one state and writes nothing", "[conformance]") {
    Migrated database;
    Verbs reader(database), writer(database);
    REQUIRE(reader.begin(GWP_TX_READ_ONLY) == GWP_OK);
    CHECK_FALSE(reader.get("things", "a"));
    REQUIRE(writer.insert("things", thing("a")) == GWP_OK);
    CHECK_FALSE(reader.get("things", "a"));
    CHECK(reader.insert("things", thing("b")) == GWP_E_INVALID);
    REQUIRE(reader.commit() == GWP_OK);
    CHECK(reader.get("things", "a"));
}

TEST_CASE("a session that is closed in a transaction leaves nothing behind", "[conformance]") {
    Migrated database;
    {
        Verbs session(database);
        REQUIRE(session.begin() == GWP_OK);
        REQUIRE(session.insert("things", thing("a")) == GWP_OK);
    }
    Verbs session(database);
    CHECK_FALSE(session.get("things", "a"));
    CHECK(session.insert("things", thing("a")) == GWP_OK);
}

TEST_CASE("who waits for another's transaction gives up at its deadline", "[conformance]") {
    Migrated database;
    Verbs holder(database), waiter(database);
    REQUIRE(holder.begin() == GWP_OK);
    REQUIRE(holder.insert("things", thing("a")) == GWP_OK);
    waiter.limit = std::chrono::milliseconds(50);
    const auto begun = std::chrono::steady_clock::now();
    const gwp_status status = waiter.update("things", {{"id", text("a")}}, {}, {{"level", i64(1)}});
    CHECK((status == GWP_E_TIMEOUT || status == GWP_E_BUSY));
    CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(5));
    REQUIRE(holder.commit() == GWP_OK);
    waiter.limit = std::chrono::seconds(30);
    CHECK(waiter.update("things", {{"id", text("a")}}, {}, {{"level", i64(1)}}) == GWP_OK);
}

TEST_CASE("interrupt ends a call that waits", "[conformance]") {
    Migrated database;
    Verbs holder(database), waiter(database);
    REQUIRE(holder.begin() == GWP_OK);
    REQUIRE(holder.insert("things", thing("a")) == GWP_OK);
    std::atomic<gwp_status> status = GWP_OK;
    std::atomic<bool> over = false;
    std::thread thread([&] {
        status = waiter.insert("things", thing("a"));
        over = true;
    });
    while (!over) {  // the call may not have begun yet: an interrupt between two calls aims at nothing
        database.table().interrupt(waiter.raw());
        std::this_thread::yield();
    }
    thread.join();
    CHECK(status == GWP_E_CANCELLED);
    REQUIRE(holder.rollback() == GWP_OK);
    CHECK(waiter.insert("things", thing("a")) == GWP_OK);
}

}  // namespace
}  // namespace gw::test
