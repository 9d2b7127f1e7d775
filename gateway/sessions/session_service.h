#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/strong_id.h"
#include "io/task.h"
#include "protocol/native_codec.h"
#include "storage/message_repository.h"
#include "storage/session_repository.h"
#include "storage/store.h"

namespace gw::sessions {

struct SessionOptions {
    std::int64_t context_tokens = 32'000;      // what a model is trusted to read at least
    std::int64_t answer_tokens = 4'000;        // of those, left free for the answer
    std::uint64_t history_messages = 200;      // never more are read for one turn
    std::chrono::seconds turn_lease{15 * 60};  // after that a turn whose gateway died is over
};

/// One question and its answer to come. Made by openTurn(), ended by closeTurn() or abandonTurn(), exactly once.
struct Turn {
    SessionId session;
    MessageId question, answer;
    std::string holder;   // who holds the session: the request's id
    std::string request;  // the canonical chat request with the history that fits
    bool open = false;
};

/// What is kept of an answer.
struct StoredAnswer {
    std::string content;  // JSON
    std::string model, provider, finish_reason;
    std::string usage;  // JSON
    storage::MessageStatus status = storage::MessageStatus::Complete;
};

/// What a client may say of a session. Absent: as it is. An empty text takes a value away.
struct SessionWishes {
    std::optional<std::string> title, ai_provider, model, config, system_prompt, metadata;
    std::optional<bool> archived;
};

/// Stored conversations: the sessions of a user, and the turns in them, one at a time. A thing of another user does not
/// exist. Every function may throw Error(SessionNotFound, Unavailable). All [loop].
class SessionService {
public:
    /// The model that serves a session, as clients write it. Throws Error when none does.
    using ModelOf = std::function<std::string(const storage::ChatSession&)>;

    SessionService(storage::Store& store, const Clock& clock, SessionOptions options)
        : store_(store), clock_(clock), options_(options) {}

    [[nodiscard]] io::Task<storage::ChatSession> create(UserId user, SessionWishes wishes);
    [[nodiscard]] io::Task<storage::ListPage<storage::ChatSession>> list(UserId user, storage::SessionFilter filter,
                                                                         storage::PageRequest page);
    [[nodiscard]] io::Task<storage::ChatSession> get(UserId user, SessionId id);
    [[nodiscard]] io::Task<storage::ChatSession> update(UserId user, SessionId id, SessionWishes wishes);
    /// With its messages.
    [[nodiscard]] io::Task<void> remove(UserId user, SessionId id);
    [[nodiscard]] io::Task<storage::ListPage<storage::Message>> messages(UserId user, SessionId id,
                                                                         storage::PageRequest page);

    /// Takes the session (a new one if the request names none), stores the question and returns once it is durable.
    /// `content` is the question's content as JSON. Throws Error(TurnInProgress).
    [[nodiscard]] io::Task<Turn> openTurn(UserId user, const protocol::NativeChatRequest& request, std::string content,
                                          RequestId holder, ModelOf model_of);
    /// Stores the answer and lets the session go, in one transaction.
    [[nodiscard]] io::Task<void> closeTurn(Turn& turn, StoredAnswer answer);
    /// Lets the session go without an answer. Never throws: the lease ends what cannot be ended now.
    [[nodiscard]] io::Task<void> abandonTurn(Turn& turn);

private:
    [[nodiscard]] storage::ChatSession take(storage::StoreSession& store, const UserId& user,
                                            const protocol::NativeChatRequest& request,
                                            const std::string& holder) const;
    [[nodiscard]] std::string requestWithHistory(storage::StoreSession& store, const storage::ChatSession& session,
                                                 const protocol::NativeChatRequest& request, const std::string& content,
                                                 const std::string& model) const;
    storage::Store& store_;
    const Clock& clock_;
    const SessionOptions options_;
};

}  // namespace gw::sessions
