#include "plugin_host/record_store.h"

#include <gwp/storage.h>

#include <atomic>
#include <thread>

#include "base/error.h"
#include "io/event_loop.h"
#include "plugin_host/record_session.h"
#include "tests/support/catch.h"
#include "tests/support/storage_plugin.h"
#include "tests/support/temporary_directory.h"

namespace gw::plugin_host {
namespace {

using namespace std::chrono_literals;

Schema schema() {
    Collection counters;
    counters.name = "counters";
    counters.primary_key = {"id"};
    counters.columns = {{"id", ColumnType::Text, false, false, 64, 1},
                        {"word", ColumnType::Text, true, false, 64, 1},
                        {"hits", ColumnType::I64, false, true, 0, 1}};
    Schema schema;
    schema.version = 1;
    schema.collections.push_back(counters);
    return schema;
}

/// The real plugin, with a table in front that can be told to answer otherwise.
class FaultyInstance final : public Instance {
public:
    explicit FaultyInstance(std::shared_ptr<PluginInstance> real) : real_(std::move(real)) {
        table = *static_cast<const gwp_storage*>(real_->interface(GWP_IF_STORAGE));
        ours() = table;
        table.commit = [](gwp_session* s, const gwp_call* c) noexcept -> gwp_status {
            const gwp_status status = ours().commit(s, c);
            return take(unknown_commits()) ? GWP_E_UNKNOWN_COMMIT : status;
        };
        table.insert = [](gwp_session* s, const gwp_call* c, gwp_str coll, const gwp_field* row,
                          std::uint64_t n) noexcept -> gwp_status {
            if (take(conflicts())) return GWP_E_CONFLICT;
            if (take(losses())) return GWP_E_IO;
            return ours().insert(s, c, coll, row, n);
        };
        table.open = [](gwp_instance* i, const gwp_call* c, gwp_session** out) noexcept -> gwp_status {
            ++opened();
            return ours().open(i, c, out);
        };
        for (auto* left : {&conflicts(), &losses(), &unknown_commits(), &opened()}) *left = 0;
    }
    [[nodiscard]] const std::string& name() const noexcept override { return real_->name(); }
    [[nodiscard]] const std::string& className() const noexcept override { return real_->className(); }
    [[nodiscard]] const void* interface(std::string_view) const noexcept override { return &table; }
    [[nodiscard]] void* handle() const noexcept override { return real_->handle(); }
    [[nodiscard]] InstanceContext& context() const noexcept override { return real_->context(); }

    // The C table carries no data of ours, so how often each fault is still to come is static.
    static std::atomic<int>& conflicts() { return number<0>(); }
    static std::atomic<int>& losses() { return number<1>(); }
    static std::atomic<int>& unknown_commits() { return number<2>(); }
    static std::atomic<int>& opened() { return number<3>(); }

    gwp_storage table{};

private:
    template <int N>
    static std::atomic<int>& number() {
        static std::atomic<int> value{0};
        return value;
    }
    static gwp_storage& ours() {
        static gwp_storage real{};
        return real;
    }
    static bool take(std::atomic<int>& left) { return left > 0 && left.fetch_sub(1) > 0; }
    std::shared_ptr<PluginInstance> real_;
};

struct StoreFixture {
    explicit StoreFixture(std::size_t sessions = 2) {
        auto made = plugin.make(R"({"path":")" + directory.file("store.db") + R"("})");
        REQUIRE(made.instance);
        store =
            std::make_unique<RecordStore>(std::make_shared<FaultyInstance>(made.instance), plugin.workers(), sessions);
        store->open(schema());
    }
    std::int64_t rows() {
        Query query;
        query.collection = "counters";
        return static_cast<std::int64_t>(
            store->withSession([&](RecordSession& session) { return session.find(query); }).rows.size());
    }
    test::TemporaryDirectory directory;
    test::StoragePlugin plugin;
    std::unique_ptr<RecordStore> store;
};

RecordSession::Outcome insert(RecordSession& session, const std::string& id) {
    return session.insert("counters", {{"id", id}});
}

TEST_CASE("outcomes come as values, values come back with their types", "[plugin_host]") {
    StoreFixture fixture;
    fixture.store->withSession([](RecordSession& session) {
        using Outcome = RecordSession::Outcome;
        CHECK(session.insert("counters", {{"id", std::string("a")}, {"word", std::string("w\0x", 3)}}) ==
              Outcome::Done);
        CHECK(insert(session, "a") == Outcome::Exists);
        CHECK(session.update("counters", {{"id", std::string("b")}}, {}, {{"word", Value()}}) == Outcome::NotFound);
        CHECK(session.update("counters", {{"id", std::string("a")}}, {{"word", Value()}}, {{"word", Value()}}) ==
              Outcome::Conflict);
        session.add("counters", {{"id", std::string("a")}}, {}, {{"hits", std::int64_t{4}}});
        CHECK(session.addBounded("counters", {{"id", std::string("a")}}, {}, {{"hits", std::int64_t{4}}},
                                 {"hits", 0, 7}) == Outcome::Limit);
        Query query;
        query.collection = "counters";
        const Page page = session.find(query);
        REQUIRE(page.rows.size() == 1);
        CHECK(std::get<std::string>(*findColumn(page.rows[0], "word")) == std::string("w\0x", 3));
        CHECK(std::get<std::int64_t>(*findColumn(page.rows[0], "hits")) == 4);
        CHECK(findColumn(page.rows[0], "nobody") == nullptr);
        CHECK(session.remove("counters", {{"id", std::string("a")}}) == Outcome::Done);
        query.index = "by_magic";
        CHECK_THROWS_AS((void)session.find(query), Error);
    });
    CHECK(fixture.store->healthy());
    CHECK(fixture.store->ping());
}

TEST_CASE("a transaction is undone when its work throws", "[plugin_host]") {
    StoreFixture fixture;
    CHECK_THROWS_AS(fixture.store->inTransaction([](RecordSession& session) {
        (void)insert(session, "a");
        throw Error(ErrorCode::Conflict, "no");
    }),
                    Error);
    CHECK(fixture.rows() == 0);
}

TEST_CASE("a serialization conflict is tried three times", "[plugin_host]") {
    StoreFixture fixture;
    int runs = 0;
    const auto work = [&](RecordSession& session) {
        ++runs;
        (void)insert(session, "a");
    };
    FaultyInstance::conflicts() = 2;
    fixture.store->inTransaction(work);
    CHECK(runs == 3);
    CHECK(fixture.rows() == 1);
    FaultyInstance::conflicts() = 3;
    runs = 0;
    CHECK_THROWS_AS(fixture.store->inTransaction(work), Error);
    CHECK(runs == 3);
}

TEST_CASE("a commit whose answer was lost is written again with the same ids", "[plugin_host]") {
    StoreFixture fixture;
    std::vector<RecordSession::Outcome> outcomes;
    FaultyInstance::unknown_commits() = 1;
    fixture.store->inTransaction([&](RecordSession& session) { outcomes.push_back(insert(session, "a")); });
    CHECK(outcomes == std::vector{RecordSession::Outcome::Done, RecordSession::Outcome::Exists});
    CHECK(fixture.rows() == 1);
}

TEST_CASE("a session that lost its connection is replaced", "[plugin_host]") {
    StoreFixture fixture;
    const int before = FaultyInstance::opened();
    FaultyInstance::losses() = 1;
    const auto attempt = [](RecordSession& session) { return insert(session, "a"); };
    try {
        (void)fixture.store->withSession(attempt);
        FAIL("a lost connection went unnoticed");
    } catch (const Error& error) {
        CHECK(error.code() == ErrorCode::Unavailable);
        CHECK(error.retryAfter());
    }
    CHECK_FALSE(fixture.store->healthy());
    CHECK(fixture.store->withSession(attempt) == RecordSession::Outcome::Done);
    CHECK(fixture.store->healthy());
    CHECK(FaultyInstance::opened() == before + 2);
}

TEST_CASE("who finds no free session gives up soon", "[plugin_host]") {
    StoreFixture fixture(1);
    fixture.store->withSession([&](RecordSession&) {
        const auto begun = std::chrono::steady_clock::now();
        CHECK_THROWS_AS(fixture.store->withSession([](RecordSession& session) { return insert(session, "a"); }), Error);
        CHECK(std::chrono::steady_clock::now() - begun >= 250ms);
    });
    CHECK(fixture.store->healthy());  // a busy pool is no lost database
}

TEST_CASE("a newer database is refused", "[plugin_host]") {
    StoreFixture fixture;
    Schema older = schema();
    older.version = 0;
    CHECK_THROWS_AS(fixture.store->open(older), Error);
    CHECK_THROWS_AS((void)fixture.store->plan(), Error);
}

TEST_CASE("run and transact come back to their loop", "[plugin_host]") {
    StoreFixture fixture;
    io::EventLoop loop;
    std::int64_t found = 0;
    const auto work = [](RecordStore& store, std::int64_t& rows) -> io::Task<void> {
        co_await store.transact([](RecordSession& session) { (void)insert(session, "a"); });
        const auto outcome = co_await store.transact([](RecordSession& session) { return insert(session, "b"); });
        CHECK(outcome == RecordSession::Outcome::Done);
        const Page page = co_await store.run([](RecordSession& session) {
            Query query;
            query.collection = "counters";
            return session.find(query);
        });
        rows = static_cast<std::int64_t>(page.rows.size());
        io::EventLoop::current()->stop();
    };
    loop.spawn(work(*fixture.store, found));
    loop.run();
    CHECK(found == 2);
}

}  // namespace
}  // namespace gw::plugin_host
