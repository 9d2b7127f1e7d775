#include "storage/session_repository.h"

#include "base/error.h"
#include "storage/columns.h"

namespace gw::storage {
namespace {

constexpr const char* kSessions = "sessions";
constexpr const char* kMessages = "messages";
constexpr std::int64_t kActive = 0, kArchived = 1, kRemoved = 2;
constexpr std::uint64_t kPurgeStep = 500;
constexpr int kMaxFinds = 64;  // of one page with a title filter

std::int64_t stateOf(bool archived) {
    return archived ? kArchived : kActive;
}

/// A row with what only this file knows.
struct StoredSession {
    ChatSession session;
    std::int64_t state = kActive;
    std::optional<std::string> turn_holder;
    std::optional<WallTime> turn_until;
};

StoredSession readSession(Row& row) {
    RowReader reader(row);
    StoredSession stored;
    ChatSession& session = stored.session;
    session.id = SessionId(reader.text("id"));
    session.user = UserId(reader.text("user_id"));
    stored.state = reader.number("state");
    session.archived = stored.state == kArchived;
    session.title = reader.text("title");
    session.ai_provider = reader.optionalText("ai_provider");
    session.model = reader.optionalText("model");
    session.config = reader.optionalText("config");
    session.system_prompt = reader.optionalText("system_prompt");
    session.metadata = reader.optionalText("metadata");
    session.message_count = reader.number("message_count");
    stored.turn_holder = reader.optionalText("turn_holder");
    stored.turn_until = reader.optionalTime("turn_until");
    session.created_at = reader.time("created_at");
    session.updated_at = reader.time("updated_at");
    return stored;
}

std::optional<StoredSession> findSession(StoreSession& store, const UserId& user, const SessionId& id) {
    std::optional<Row> row = findOne(store, kSessions, "", equals("id", id.str()));
    if (!row) return std::nullopt;
    StoredSession stored = readSession(*row);
    if (stored.session.user != user || stored.state == kRemoved) return std::nullopt;
    return stored;
}

}  // namespace

void SessionRepository::create(const ChatSession& session) {
    const Outcome outcome = session_.insert(kSessions, {{"id", session.id.str()},
                                                        {"user_id", session.user.str()},
                                                        {"state", stateOf(session.archived)},
                                                        {"title", session.title},
                                                        {"ai_provider", orNull(session.ai_provider)},
                                                        {"model", orNull(session.model)},
                                                        {"config", orNull(session.config)},
                                                        {"system_prompt", orNull(session.system_prompt)},
                                                        {"metadata", orNull(session.metadata)},
                                                        {"created_at", session.created_at},
                                                        {"updated_at", session.updated_at}});
    // Ids are random: one that exists is ours, written by a commit whose answer was lost.
    if (outcome != Outcome::Done && outcome != Outcome::Exists)
        throw Error(ErrorCode::Internal, "Internal error.", "a session could not be created");
}

std::optional<ChatSession> SessionRepository::get(const UserId& user, const SessionId& id) {
    std::optional<StoredSession> stored = findSession(session_, user, id);
    if (!stored) return std::nullopt;
    return std::move(stored->session);
}

ListPage<ChatSession> SessionRepository::list(const UserId& user, const SessionFilter& filter,
                                              const PageRequest& page) {
    Query query;
    query.collection = kSessions;
    query.index = "by_user";
    query.where = {equals("user_id", user.str()), equals("state", stateOf(filter.archived))};
    query.limit = page.limit;
    query.after = page.cursor;
    query.descending = true;
    ListPage<ChatSession> list;
    for (int finds = 0; finds < kMaxFinds; ++finds) {
        query.limit = page.limit - list.items.size();
        plugin_host::Page found = session_.find(query);
        for (Row& row : found.rows) {
            ChatSession session = readSession(row).session;
            if (session.title.find(filter.title_contains) != std::string::npos)
                list.items.push_back(std::move(session));
        }
        list.next = query.after = std::move(found.next);
        if (list.next.empty() || list.items.size() == page.limit) break;
    }
    return list;
}

bool SessionRepository::update(const ChatSession& session) {
    const std::optional<StoredSession> stored = findSession(session_, session.user, session.id);
    if (!stored) return false;
    // The state is expected, lest a session that is removed meanwhile comes back.
    return session_.update(kSessions, {{"id", session.id.str()}}, {{"state", stored->state}},
                           {{"state", stateOf(session.archived)},
                            {"title", session.title},
                            {"ai_provider", orNull(session.ai_provider)},
                            {"model", orNull(session.model)},
                            {"config", orNull(session.config)},
                            {"system_prompt", orNull(session.system_prompt)},
                            {"metadata", orNull(session.metadata)},
                            {"updated_at", session.updated_at}}) == Outcome::Done;
}

TurnResult SessionRepository::acquireTurn(const UserId& user, const SessionId& id, std::string_view holder,
                                          WallTime now, WallTime until) {
    const std::optional<StoredSession> stored = findSession(session_, user, id);
    if (!stored) return TurnResult::NotFound;
    const bool held = stored->turn_holder && *stored->turn_holder != holder && stored->turn_until > now;
    if (held) return TurnResult::Busy;
    const Outcome outcome =
        session_.update(kSessions, {{"id", id.str()}},
                        {{"turn_holder", orNull(stored->turn_holder)}, {"turn_until", orNull(stored->turn_until)}},
                        {{"turn_holder", std::string(holder)}, {"turn_until", until}});
    if (outcome == Outcome::NotFound) return TurnResult::NotFound;
    return outcome == Outcome::Done ? TurnResult::Acquired : TurnResult::Busy;
}

void SessionRepository::releaseTurn(const SessionId& id, std::string_view holder) {
    // Conflict: the lease ran out and another turn has it.
    (void)session_.update(kSessions, {{"id", id.str()}}, {{"turn_holder", std::string(holder)}},
                          {{"turn_holder", Value()}, {"turn_until", Value()}});
}

bool SessionRepository::remove(const UserId& user, const SessionId& id) {
    if (!findSession(session_, user, id)) return false;
    return session_.update(kSessions, {{"id", id.str()}}, {}, {{"state", kRemoved}}) == Outcome::Done;
}

bool SessionRepository::purgeRemoved() {
    const std::optional<Row> row = findOne(session_, kSessions, "by_state", equals("state", kRemoved));
    if (!row) return false;
    const auto id = std::get<std::string>(*plugin_host::findColumn(*row, "id"));
    Query messages;
    messages.collection = kMessages;
    messages.index = "by_session";
    messages.where = {equals("session_id", id)};
    messages.limit = kPurgeStep;
    if (session_.purge(messages) < kPurgeStep) (void)session_.remove(kSessions, {{"id", id}});
    return true;
}

}  // namespace gw::storage
