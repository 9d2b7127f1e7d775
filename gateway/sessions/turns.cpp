#include <utility>
#include <vector>

#include "base/error.h"
#include "base/ids.h"
#include "observability/log.h"
#include "sessions/history_window.h"
#include "sessions/session_service.h"

// The turns of SessionService: one question and its answer.
namespace gw::sessions {
namespace {

/// The beginning of the question, cut between characters.
std::string titleOf(const std::string& text) {
    constexpr std::size_t kLongest = 80;
    std::size_t length = std::min(text.size(), kLongest);
    while (length < text.size() && length > 0 && (static_cast<unsigned char>(text[length]) & 0xC0) == 0x80) --length;
    return text.substr(0, length);
}

storage::ChatSession newSession(const UserId& user, const std::string& title, WallTime now) {
    storage::ChatSession session;
    session.id = SessionId(newId("sess_", now));
    session.user = user;
    session.title = title;
    session.created_at = session.updated_at = now;
    return session;
}

}  // namespace

storage::ChatSession SessionService::take(storage::StoreSession& store, const UserId& user,
                                          const protocol::NativeChatRequest& request, const std::string& holder) const {
    const auto now = clock_.wall();
    storage::SessionRepository sessions(store);
    storage::ChatSession session;
    if (request.session_id.empty()) {
        session = newSession(user, titleOf(request.text), now);
        sessions.create(session);
    } else {
        auto found = sessions.get(user, SessionId(request.session_id));
        if (!found) throw Error(ErrorCode::SessionNotFound, "no such session").withParam("session_id");
        session = *std::move(found);
    }
    switch (sessions.acquireTurn(user, session.id, holder, now, now + options_.turn_lease)) {
        case storage::TurnResult::Acquired: break;
        case storage::TurnResult::NotFound:
            throw Error(ErrorCode::SessionNotFound, "no such session").withParam("session_id");
        case storage::TurnResult::Busy:
            throw Error(ErrorCode::TurnInProgress, "a turn is already running in this session")
                .withRetryAfter(std::chrono::seconds(1));
    }
    return session;
}

std::string SessionService::requestWithHistory(storage::StoreSession& store, const storage::ChatSession& session,
                                               const protocol::NativeChatRequest& request, const std::string& content,
                                               const std::string& model) const {
    auto stored = storage::MessageRepository(store).newest(session.id, options_.history_messages);
    std::erase_if(stored, [](const storage::Message& m) { return m.status == storage::MessageStatus::Failed; });
    std::vector<Weighed> weighed;
    weighed.reserve(stored.size());
    for (const auto& message : stored) weighed.push_back({message.role, message.content.size()});
    const auto system = session.system_prompt.value_or("");
    const auto reserved = options_.answer_tokens + estimateTokens(content.size()) + estimateTokens(system.size());
    const auto kept = fittingMessages(weighed, options_.context_tokens, reserved);
    protocol::ChatTurn turn;
    for (auto i = stored.size() - kept; i < stored.size(); ++i)
        turn.history.push_back({.role = stored[i].role, .content = stored[i].content});
    const auto config = session.config.value_or("");
    turn.model = model;
    turn.system_prompt = system;
    turn.content = content;
    turn.session_config = config;
    turn.config = request.config;
    turn.stream = request.stream;
    return protocol::encodeChatTurn(turn);
}

io::Task<Turn> SessionService::openTurn(UserId user, const protocol::NativeChatRequest& request, std::string content,
                                        RequestId holder, ModelOf model_of) {
    const auto now = clock_.wall();
    Turn turn;
    turn.question = MessageId(newId("msg_", now));
    turn.answer = MessageId(newId("msg_", now));
    turn.holder = holder.str();
    co_await store_.transact([&](storage::StoreSession& store) {
        const auto session = take(store, user, request, turn.holder);
        turn.session = session.id;
        turn.request = requestWithHistory(store, session, request, content, model_of(session));
        storage::Message question;
        question.id = turn.question;
        question.session = session.id;
        question.role = "user";
        question.content = content;
        question.created_at = clock_.wall();
        if (!storage::MessageRepository(store).append(question))
            throw Error(ErrorCode::SessionNotFound, "no such session");
    });
    turn.open = true;
    co_return turn;
}

io::Task<void> SessionService::closeTurn(Turn& turn, StoredAnswer answer) {
    storage::Message message;
    message.id = turn.answer;
    message.session = turn.session;
    message.role = "assistant";
    message.content = std::move(answer.content);
    if (!answer.model.empty()) message.model = std::move(answer.model);
    if (!answer.provider.empty()) message.provider = std::move(answer.provider);
    if (!answer.finish_reason.empty()) message.finish_reason = std::move(answer.finish_reason);
    if (!answer.usage.empty()) message.usage = std::move(answer.usage);
    message.status = answer.status;
    message.parent = turn.question;
    message.created_at = clock_.wall();
    co_await store_.transact([&](storage::StoreSession& store) {
        // A session that was deleted meanwhile takes no answer: nothing of it rises again.
        static_cast<void>(storage::MessageRepository(store).append(message));
        storage::SessionRepository(store).releaseTurn(turn.session, turn.holder);
    });
    turn.open = false;
}

io::Task<void> SessionService::abandonTurn(Turn& turn) {
    turn.open = false;
    try {
        co_await store_.run([&](storage::StoreSession& store) {
            storage::SessionRepository(store).releaseTurn(turn.session, turn.holder);
        });
    } catch (const std::exception& error) {
        observability::log(observability::Level::Warn, "sessions", "a turn could not be released",
                           {{"session", turn.session.str()}, {"error", error.what()}});
    }
}

}  // namespace gw::sessions
