#include "sessions/session_service.h"

#include <utility>

#include "base/error.h"
#include "base/ids.h"
#include "observability/log.h"

namespace gw::sessions {
namespace {

Error noSuchSession() {
    return Error(ErrorCode::SessionNotFound, "no such session");
}

void assign(std::optional<std::string>& field, std::optional<std::string> wish) {
    if (!wish) return;
    if (wish->empty())
        field.reset();
    else
        field = std::move(wish);
}

void apply(SessionWishes wishes, storage::ChatSession& session) {
    if (wishes.title) session.title = *std::move(wishes.title);
    assign(session.ai_provider, std::move(wishes.ai_provider));
    assign(session.model, std::move(wishes.model));
    assign(session.config, std::move(wishes.config));
    assign(session.system_prompt, std::move(wishes.system_prompt));
    assign(session.metadata, std::move(wishes.metadata));
    if (wishes.archived) session.archived = *wishes.archived;
}

storage::ChatSession getOrThrow(storage::StoreSession& store, const UserId& user, const SessionId& id) {
    auto session = storage::SessionRepository(store).get(user, id);
    if (!session) throw noSuchSession();
    return *std::move(session);
}

}  // namespace

io::Task<storage::ChatSession> SessionService::create(UserId user, SessionWishes wishes) {
    storage::ChatSession session;
    const auto now = clock_.wall();
    session.id = SessionId(newId("sess_", now));
    session.user = std::move(user);
    session.created_at = session.updated_at = now;
    apply(std::move(wishes), session);
    co_await store_.run(
        [&session](storage::StoreSession& store) { storage::SessionRepository(store).create(session); });
    co_return session;
}

io::Task<storage::ListPage<storage::ChatSession>> SessionService::list(UserId user, storage::SessionFilter filter,
                                                                       storage::PageRequest page) {
    co_return co_await store_.run(
        [&](storage::StoreSession& store) { return storage::SessionRepository(store).list(user, filter, page); });
}

io::Task<storage::ChatSession> SessionService::get(UserId user, SessionId id) {
    co_return co_await store_.run([&](storage::StoreSession& store) { return getOrThrow(store, user, id); });
}

io::Task<storage::ChatSession> SessionService::update(UserId user, SessionId id, SessionWishes wishes) {
    co_return co_await store_.transact([&](storage::StoreSession& store) {
        auto session = getOrThrow(store, user, id);
        apply(wishes, session);
        session.updated_at = clock_.wall();
        if (!storage::SessionRepository(store).update(session)) throw noSuchSession();
        return session;
    });
}

io::Task<void> SessionService::remove(UserId user, SessionId id) {
    const bool removed = co_await store_.run(
        [&](storage::StoreSession& store) { return storage::SessionRepository(store).remove(user, id); });
    if (!removed) throw noSuchSession();
    bool more = true;
    while (more)
        more = co_await store_.run(
            [](storage::StoreSession& store) { return storage::SessionRepository(store).purgeRemoved(); });
}

io::Task<storage::ListPage<storage::Message>> SessionService::messages(UserId user, SessionId id,
                                                                       storage::PageRequest page) {
    co_return co_await store_.run([&](storage::StoreSession& store) {
        static_cast<void>(getOrThrow(store, user, id));
        return storage::MessageRepository(store).list(id, page);
    });
}

}  // namespace gw::sessions
