#include <set>

#include "base/error.h"
#include "base/ids.h"
#include "storage/idempotency_repository.h"
#include "storage/key_repository.h"
#include "storage/message_repository.h"
#include "storage/session_repository.h"
#include "storage/usage_repository.h"
#include "storage/usage_spool.h"
#include "storage/user_repository.h"
#include "tests/support/catch.h"
#include "tests/unit/storage/database.h"

namespace gw::storage {
namespace {

using namespace std::chrono_literals;
using test::SqliteDatabase;

const WallTime kNow = fromMicros(1'790'000'000'123'456);
const UserId kAda("usr_ada"), kBob("usr_bob");

ChatSession chat(const std::string& id, const UserId& user = kAda, const std::string& title = "Talk") {
    ChatSession session;
    session.id = SessionId(id);
    session.user = user;
    session.title = title;
    session.created_at = session.updated_at = kNow;
    return session;
}

Message said(const std::string& id, const std::string& session, const std::string& content = R"("hi")") {
    Message message;
    message.id = MessageId(id);
    message.session = SessionId(session);
    message.role = "user";
    message.content = content;
    message.created_at = kNow;
    return message;
}

std::optional<std::int64_t> append(SqliteDatabase& database, const Message& message) {
    std::optional<std::int64_t> seq;
    database.store().inTransaction([&](StoreSession& session) { seq = MessageRepository(session).append(message); });
    return seq;
}

TEST_CASE("users have unique names", "[storage]") {
    SqliteDatabase database;
    database.with([](StoreSession& session) {
        UserRepository users(session);
        REQUIRE(users.insert({kAda, "ada", "admin", "ada@example.org", false, kNow, kNow}));
        CHECK_FALSE(users.insert({kBob, "ada", "user", {}, false, kNow, kNow}));
        REQUIRE(users.insert({kBob, "bob", "user", {}, false, kNow, kNow}));
        auto bob = users.findByUsername("bob");
        REQUIRE(bob);
        CHECK(bob->id == kBob);
        CHECK_FALSE(bob->email);
        bob->username = "ada";
        CHECK_FALSE(users.update(*bob));
        bob->username = "robert";
        bob->disabled = true;
        CHECK(users.update(*bob));
        CHECK(users.get(kBob)->disabled);
        CHECK_FALSE(users.findByUsername("bob"));
        CHECK(users.get(kAda)->created_at == kNow);
        CHECK(users.get(kAda)->email == "ada@example.org");
        const auto first = users.list({1, ""});
        REQUIRE(first.items.size() == 1);
        CHECK(users.list({1, first.next}).items.at(0).username == "robert");
    });
}

TEST_CASE("a key is found by its hash and belongs to its user", "[storage]") {
    SqliteDatabase database;
    database.with([](StoreSession& session) {
        KeyRepository keys(session);
        ApiKey key{KeyId("key_1"),
                   kAda,
                   "laptop",
                   "hash1",
                   "sk-abc",
                   {"chat", "models"},
                   std::vector<std::string>{"a/b", "c"},
                   kNow,
                   kNow + 1h,
                   {},
                   {}};
        REQUIRE(keys.insert(key));
        CHECK_FALSE(keys.insert(key));
        REQUIRE(keys.insert({KeyId("key_2"), kAda, "all", "hash2", "sk-def", {}, {}, kNow, {}, {}, {}}));
        REQUIRE(keys.insert(
            {KeyId("key_3"), kBob, "none", "hash3", "sk-ghi", {"chat"}, std::vector<std::string>{}, kNow, {}, {}, {}}));
        const auto found = keys.findByHash("hash1");
        REQUIRE(found);
        CHECK(found->scopes == key.scopes);
        CHECK(found->models == key.models);
        CHECK(found->expires_at == key.expires_at);
        CHECK_FALSE(keys.findByHash("hash1 "));
        CHECK_FALSE(keys.findByHash("hash2")->models);
        CHECK(keys.findByHash("hash3")->models->empty());
        CHECK_FALSE(keys.get(kBob, KeyId("key_1")));
        CHECK(keys.list(kAda, {}).items.size() == 2);
        CHECK(keys.list(kAda, {}).items[0].id == KeyId("key_2"));
        CHECK(keys.list(std::nullopt, {}).items.size() == 3);
        CHECK(keys.revoke(KeyId("key_1"), kNow));
        CHECK(keys.revoke(KeyId("key_1"), kNow + 1h));
        CHECK(keys.get(KeyId("key_1"))->revoked_at == kNow);
        CHECK_FALSE(keys.revoke(KeyId("key_9"), kNow));
        key.name = "desk";
        key.expires_at.reset();
        CHECK(keys.update(key));
        CHECK(keys.get(KeyId("key_1"))->name == "desk");
        CHECK_FALSE(keys.get(KeyId("key_1"))->expires_at);
        const std::vector<std::pair<KeyId, WallTime>> uses{{KeyId("key_1"), kNow + 5s}, {KeyId("key_9"), kNow}};
        keys.touchLastUsed(uses);
        CHECK(keys.get(KeyId("key_1"))->last_used_at == kNow + 5s);
    });
}

TEST_CASE("sessions are listed newest first, by user and archive and title", "[storage]") {
    SqliteDatabase database;
    database.with([](StoreSession& session) {
        SessionRepository sessions(session);
        for (int i = 10; i < 40; ++i)
            sessions.create(
                chat("sess_" + std::to_string(i), i % 3 == 0 ? kBob : kAda, i % 10 == 1 ? "rare" : "common"));
        ChatSession old = *sessions.get(kAda, SessionId("sess_10"));
        old.archived = true;
        old.config = R"({"temperature": 0.50})";
        REQUIRE(sessions.update(old));
        CHECK(sessions.get(kAda, old.id)->config == old.config);
        CHECK_FALSE(sessions.get(kBob, old.id));
        std::vector<std::string> ids;
        for (PageRequest page{7, ""};;) {
            const auto list = sessions.list(kAda, {}, page);
            for (const auto& item : list.items) ids.push_back(item.id.str());
            if (list.next.empty()) break;
            page.cursor = list.next;
        }
        CHECK(ids.size() == 19);
        CHECK(ids.front() == "sess_38");
        CHECK(std::is_sorted(ids.rbegin(), ids.rend()));
        CHECK(sessions.list(kAda, {true, ""}, {}).items.size() == 1);
        const auto rare = sessions.list(kAda, {false, "ar"}, {});
        CHECK(rare.items.size() == 2);
        CHECK_THROWS_AS((void)sessions.list(kAda, {}, {7, "not-a-cursor"}), Error);
        try {
            (void)sessions.list(kAda, {}, {7, "AAAA"});
            FAIL("a bad cursor was taken");
        } catch (const Error& error) {
            CHECK(error.code() == ErrorCode::InvalidRequest);
            CHECK(error.param() == "cursor");
        }
    });
}

TEST_CASE("one turn at a time, and a dead holder's lease runs out", "[storage]") {
    SqliteDatabase database;
    database.with([](StoreSession& session) {
        SessionRepository sessions(session);
        const SessionId id("sess_1");
        sessions.create(chat("sess_1"));
        CHECK(sessions.acquireTurn(kAda, id, "req_1", kNow, kNow + 60s) == TurnResult::Acquired);
        CHECK(sessions.acquireTurn(kAda, id, "req_2", kNow + 1s, kNow + 60s) == TurnResult::Busy);
        CHECK(sessions.acquireTurn(kAda, id, "req_1", kNow + 1s, kNow + 90s) == TurnResult::Acquired);
        sessions.releaseTurn(id, "req_2");  // not its turn
        CHECK(sessions.acquireTurn(kAda, id, "req_2", kNow + 70s, kNow + 99s) == TurnResult::Busy);
        CHECK(sessions.acquireTurn(kAda, id, "req_2", kNow + 91s, kNow + 120s) == TurnResult::Acquired);
        sessions.releaseTurn(id, "req_1");  // came late
        CHECK(sessions.acquireTurn(kAda, id, "req_3", kNow + 92s, kNow + 120s) == TurnResult::Busy);
        sessions.releaseTurn(id, "req_2");
        CHECK(sessions.acquireTurn(kAda, id, "req_3", kNow + 92s, kNow + 120s) == TurnResult::Acquired);
        CHECK(sessions.acquireTurn(kBob, id, "req_4", kNow, kNow) == TurnResult::NotFound);
    });
}

TEST_CASE("messages are counted, ordered and windowed", "[storage]") {
    SqliteDatabase database;
    database.with([](StoreSession& session) { SessionRepository(session).create(chat("sess_1")); });
    for (int i = 1; i <= 25; ++i) CHECK(append(database, said("msg_" + std::to_string(i), "sess_1")) == i);
    CHECK(append(database, said("msg_7", "sess_1")) == 7);  // again after a lost commit
    CHECK_FALSE(append(database, said("msg_x", "sess_none")));
    database.with([](StoreSession& session) {
        MessageRepository messages(session);
        const auto first = messages.list(SessionId("sess_1"), {20, ""});
        REQUIRE(first.items.size() == 20);
        CHECK(first.items[9].id == MessageId("msg_10"));
        CHECK(messages.list(SessionId("sess_1"), {20, first.next}).items.size() == 5);
        const auto newest = messages.newest(SessionId("sess_1"), 3);
        REQUIRE(newest.size() == 3);
        CHECK(newest[0].id == MessageId("msg_23"));
        CHECK(newest[2].seq == 25);
        Message partial = newest[2];
        partial.status = MessageStatus::Partial;
        partial.content = "[{\"type\": \"text\",  \"text\":\"\xF0\x9F\x98\x80\"}]";
        partial.usage = R"({"input_tokens":3})";
        REQUIRE(messages.update(partial));
        const auto read = messages.get(partial.id);
        CHECK(read->status == MessageStatus::Partial);
        CHECK(read->content == partial.content);
        CHECK(read->usage == partial.usage);
        CHECK(SessionRepository(session).get(kAda, SessionId("sess_1"))->message_count == 25);
    });
}

TEST_CASE("a session that is removed is gone at once and its messages soon", "[storage]") {
    SqliteDatabase database;
    database.with([](StoreSession& session) {
        SessionRepository(session).create(chat("sess_1"));
        SessionRepository(session).create(chat("sess_2"));
    });
    database.store().inTransaction([](StoreSession& session) {
        for (int i = 0; i < 1200; ++i)
            (void)MessageRepository(session).append(said("msg_" + std::to_string(i), "sess_1"));
        (void)MessageRepository(session).append(said("msg_other", "sess_2"));
    });
    const ChatSession before = database.with([](StoreSession& session) {
        SessionRepository sessions(session);
        const ChatSession found = *sessions.get(kAda, SessionId("sess_1"));
        CHECK_FALSE(sessions.remove(kBob, SessionId("sess_1")));
        CHECK(sessions.remove(kAda, SessionId("sess_1")));
        return found;
    });
    database.with([&](StoreSession& session) {
        SessionRepository sessions(session);
        CHECK_FALSE(sessions.get(kAda, SessionId("sess_1")));
        CHECK_FALSE(sessions.update(before));  // does not bring it back
        CHECK(sessions.list(kAda, {}, {}).items.size() == 1);
        CHECK(sessions.acquireTurn(kAda, before.id, "r", kNow, kNow) == TurnResult::NotFound);
    });
    CHECK_FALSE(append(database, said("msg_late", "sess_1")));
    int steps = 0;
    while (database.with([](StoreSession& session) { return SessionRepository(session).purgeRemoved(); })) ++steps;
    CHECK(steps == 3);
    database.with([](StoreSession& session) {
        CHECK(MessageRepository(session).list(SessionId("sess_1"), {}).items.empty());
        CHECK(MessageRepository(session).list(SessionId("sess_2"), {}).items.size() == 1);
    });
}

UsageRecord used(const std::string& id, WallTime when, const std::string& model = "m", std::int64_t input = 10) {
    UsageRecord record;
    record.id = id;
    record.request = RequestId("req_1");
    record.user = kAda;
    record.key = KeyId("key_1");
    record.provider = ProviderName("echo");
    record.model = ModelName(model);
    record.operation = "chat";
    record.outcome = "ok";
    record.usage = {input, 5, -1, -1, -1};
    record.total_us = 100;
    record.created_at = when;
    return record;
}

void write(SqliteDatabase& database, const std::vector<UsageRecord>& records) {
    database.store().inTransaction([&](StoreSession& session) { UsageRepository(session).insertBatch(records); });
}

TEST_CASE("usage is summed by day once per row", "[storage]") {
    SqliteDatabase database;
    std::vector<UsageRecord> records{used("use_1", kNow), used("use_2", kNow, "n"), used("use_3", kNow + 24h, "m", 7)};
    records[1].outcome = "upstream_error";
    records[2].usage.output = -1;
    write(database, records);
    write(database, records);  // a commit whose answer was lost
    records[0].id = "use_4";
    records[0].user = kBob;
    write(database, {records[0]});
    database.with([](StoreSession& session) {
        UsageRepository usage(session);
        UsageQuery query{kAda, dayOf(kNow), dayOf(kNow) + 1, static_cast<std::uint8_t>(UsageGroup::Day)};
        auto lines = usage.report(query);
        REQUIRE(lines.size() == 2);
        CHECK(lines[0].day == dayOf(kNow));
        CHECK(lines[0].requests == 2);
        CHECK(lines[0].errors == 1);
        CHECK(lines[0].input == 20);
        CHECK(lines[1].input == 7);
        CHECK(lines[1].output == 0);
        query.group_by = static_cast<std::uint8_t>(UsageGroup::Model);
        lines = usage.report(query);
        REQUIRE(lines.size() == 2);
        CHECK(lines[0].model == "m");
        CHECK(lines[0].requests == 2);
        query.user.reset();
        query.group_by = 0;
        query.last_day = query.first_day;
        lines = usage.report(query);
        REQUIRE(lines.size() == 1);
        CHECK(lines[0].requests == 3);
        query.last_day = query.first_day + 366;
        CHECK_THROWS_AS((void)usage.report(query), Error);
    });
}

TEST_CASE("old usage rows go, their sums stay", "[storage]") {
    SqliteDatabase database;
    write(database, {used(newId("use_", kNow), kNow), used(newId("use_", kNow + 1h), kNow + 1h)});
    database.with([](StoreSession& session) {
        UsageRepository usage(session);
        CHECK(usage.purgeBefore(kNow, 100) == 0);
        CHECK(usage.purgeBefore(kNow + 1s, 100) == 1);
        CHECK(usage.purgeBefore(kNow + 1s, 100) == 0);
        CHECK(usage.report({kAda, dayOf(kNow), dayOf(kNow), 0}).at(0).requests == 2);
    });
}

TEST_CASE("the spool keeps usage until the database is back", "[storage]") {
    SqliteDatabase database;
    const std::string file = database.directory().file("usage.spool");
    std::vector<UsageRecord> records;
    for (int i = 0; i < 1100; ++i) records.push_back(used("use_" + std::to_string(10'000 + i), kNow));
    records[3].request = RequestId("a \"quoted\"\nname");
    {
        UsageSpool spool(file, 1 << 20);
        CHECK(spool.empty());
        CHECK(spool.append(records) == records.size());
    }
    std::ofstream(file, std::ios::app) << "0123456789abcdef [\"torn";  // what a crash leaves
    UsageSpool spool(file, 1 << 20);
    CHECK_FALSE(spool.empty());
    write(database, {records[0]});  // was written before the crash
    CHECK(spool.drain(database.store()) == records.size());
    CHECK(spool.empty());
    CHECK_FALSE(std::filesystem::exists(file));
    database.with([&](StoreSession& session) {
        CHECK(UsageRepository(session).report({kAda, dayOf(kNow), dayOf(kNow), 0}).at(0).requests ==
              static_cast<std::int64_t>(records.size()));
    });
}

TEST_CASE("a full spool refuses and counts", "[storage]") {
    test::TemporaryDirectory directory;
    UsageSpool spool(directory.file("usage.spool"), 1000);
    const std::vector<UsageRecord> records(20, used("use_1", kNow));
    const std::size_t written = spool.append(records);
    CHECK(written > 0);
    CHECK(written < 20);
    CHECK(spool.dropped() == 20 - written);
    CHECK(std::filesystem::file_size(directory.file("usage.spool")) <= 1000);
    UsageSpool nowhere(directory.file("missing/usage.spool"), 1000);
    CHECK(nowhere.append(records) == 0);
}

TEST_CASE("an idempotency key runs once and answers again", "[storage]") {
    SqliteDatabase database;
    using Kind = IdempotencyState::Kind;
    database.with([](StoreSession& session) {
        IdempotencyRepository keys(session);
        const IdempotentRequest request{kAda, "k1", "hash"};
        const auto begin = [&](const IdempotentRequest& r, WallTime now) {
            return keys.begin(r, now, now + 60s, now + 24h);
        };
        CHECK(begin(request, kNow).kind == Kind::Started);
        CHECK(begin(request, kNow + 1s).kind == Kind::Running);
        CHECK(begin({kAda, "k1", "other"}, kNow + 1s).kind == Kind::OtherBody);
        CHECK(begin({kBob, "k1", "other"}, kNow + 1s).kind == Kind::Started);
        CHECK(begin(request, kNow + 61s).kind == Kind::Started);  // its run died
        keys.finish(request, {201, "application/json", std::string("{\0}", 3)});
        const auto again = begin(request, kNow + 62s);
        REQUIRE(again.kind == Kind::Answered);
        CHECK(again.response->status == 201);
        CHECK(again.response->body.size() == 3);
        CHECK(begin({kAda, "k1", "other"}, kNow + 62s).kind == Kind::OtherBody);
        CHECK(begin({kAda, "k1", "other"}, kNow + 48h).kind == Kind::Started);  // forgotten
        keys.abandon({kAda, "k1", "other"});
        CHECK(begin(request, kNow + 48h).kind == Kind::Started);
        CHECK(keys.purgeExpired(kNow + 96h, 100) == 2);
    });
}

}  // namespace
}  // namespace gw::storage
