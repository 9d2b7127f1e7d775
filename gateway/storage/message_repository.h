#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/strong_id.h"
#include "storage/list_page.h"
#include "storage/store.h"

namespace gw::storage {

enum class MessageStatus : std::uint8_t { Complete, Partial, Failed };
[[nodiscard]] std::string_view messageStatusName(MessageStatus status);

struct Message {
    MessageId id;
    SessionId session;
    std::int64_t seq = 0;  // 1, 2, … in its session; set by append()
    std::string role;      // "user" or "assistant"
    std::string content;   // JSON text: a string or an array of parts
    std::optional<std::string> model, provider;
    MessageStatus status = MessageStatus::Complete;
    std::optional<std::string> finish_reason;
    std::optional<std::string> usage;  // JSON text
    std::optional<MessageId> parent;
    WallTime created_at;
};

/// [worker], inside the session's thread; `session` is borrowed.
class MessageRepository {
public:
    explicit MessageRepository(StoreSession& session) : session_(session) {}

    /// The next message of its session, which counts it and is updated_at `created_at`; returns its seq. Run it in a
    /// transaction. Nothing: no such session. A message that is there already (a commit whose answer was lost) is left
    /// alone.
    [[nodiscard]] std::optional<std::int64_t> append(const Message& message);
    /// Oldest first.
    [[nodiscard]] ListPage<Message> list(const SessionId& session, const PageRequest& page);
    /// The newest `count` (1..10000), oldest of them first.
    [[nodiscard]] std::vector<Message> newest(const SessionId& session, std::uint64_t count);
    [[nodiscard]] std::optional<Message> get(const MessageId& id);
    /// Writes content, status, finish_reason and usage. False: no such message.
    [[nodiscard]] bool update(const Message& message);

private:
    StoreSession& session_;
};

}  // namespace gw::storage
