#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/strong_id.h"
#include "storage/list_page.h"
#include "storage/store.h"

namespace gw::storage {

struct ChatSession {
    SessionId id;
    UserId user;
    std::string title;
    std::optional<std::string> ai_provider, model;
    std::optional<std::string> config;  // JSON text, kept byte for byte
    std::optional<std::string> system_prompt;
    std::optional<std::string> metadata;  // JSON text, kept byte for byte
    std::int64_t message_count = 0;
    bool archived = false;
    WallTime created_at, updated_at;
};

struct SessionFilter {
    bool archived = false;
    std::string title_contains;  // bytes; empty: every title
};

enum class TurnResult : std::uint8_t { Acquired, Busy, NotFound };

/// A session being removed is absent for every function but the last two.
/// [worker], inside the session's thread; `session` is borrowed.
class SessionRepository {
public:
    explicit SessionRepository(StoreSession& session) : session_(session) {}

    void create(const ChatSession& session);  // message_count starts at 0
    /// One user's session; another user's is absent.
    [[nodiscard]] std::optional<ChatSession> get(const UserId& user, const SessionId& id);
    /// Newest first. With a title filter a page may be short, even empty, although `next` goes on: one call looks at a
    /// bounded number of sessions.
    [[nodiscard]] ListPage<ChatSession> list(const UserId& user, const SessionFilter& filter, const PageRequest& page);
    /// Writes title, ai_provider, model, config, system_prompt, metadata, archived and updated_at. False: no such
    /// session.
    [[nodiscard]] bool update(const ChatSession& session);

    /// The right to run a turn, held until releaseTurn() or, if the holder died, until `until`. `holder` is the
    /// request's id; the same holder may ask again to prolong.
    [[nodiscard]] TurnResult acquireTurn(const UserId& user, const SessionId& id, std::string_view holder, WallTime now,
                                         WallTime until);
    void releaseTurn(const SessionId& id, std::string_view holder);

    /// The session is absent from now on; its rows go in steps. False: no such session.
    [[nodiscard]] bool remove(const UserId& user, const SessionId& id);
    /// Deletes about 500 rows of sessions being removed. False: nothing is left. Call it until then, each time in a
    /// run() of its own, so that no step holds the database for long; and once at start, for what a crash left.
    [[nodiscard]] bool purgeRemoved();

private:
    StoreSession& session_;
};

}  // namespace gw::storage
