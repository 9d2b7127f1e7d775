#include "storage/message_repository.h"

#include <algorithm>

#include "storage/columns.h"

namespace gw::storage {
namespace {

constexpr const char* kMessages = "messages";
constexpr const char* kSessions = "sessions";
constexpr std::int64_t kRemoved = 2;  // sessions.state

MessageStatus parseStatus(std::string_view name) {
    if (name == "partial") return MessageStatus::Partial;
    return name == "complete" ? MessageStatus::Complete : MessageStatus::Failed;
}

Message readMessage(Row& row) {
    RowReader reader(row);
    Message message;
    message.id = MessageId(reader.text("id"));
    message.session = SessionId(reader.text("session_id"));
    message.seq = reader.number("seq");
    message.role = reader.text("role");
    message.content = reader.text("content");
    message.model = reader.optionalText("model");
    message.provider = reader.optionalText("provider");
    message.status = parseStatus(reader.text("status"));
    message.finish_reason = reader.optionalText("finish_reason");
    message.usage = reader.optionalText("usage");
    if (auto parent = reader.optionalText("parent_id")) message.parent = MessageId(std::move(*parent));
    message.created_at = reader.time("created_at");
    return message;
}

Query inSession(const SessionId& session) {
    Query query;
    query.collection = kMessages;
    query.index = "by_session";
    query.where = {equals("session_id", session.str())};
    return query;
}

}  // namespace

std::string_view messageStatusName(MessageStatus status) {
    switch (status) {
        case MessageStatus::Complete: return "complete";
        case MessageStatus::Partial: return "partial";
        case MessageStatus::Failed: break;
    }
    return "failed";
}

std::optional<std::int64_t> MessageRepository::append(const Message& message) {
    const Row key{{"id", message.session.str()}};
    // First the write, which takes the session's row for this transaction: the count read after it stays true.
    if (session_.update(kSessions, key, {}, {{"updated_at", message.created_at}}) != Outcome::Done) return std::nullopt;
    std::optional<Row> session = findOne(session_, kSessions, "", equals("id", message.session.str()));
    if (!session) return std::nullopt;
    RowReader reader(*session);
    if (reader.number("state") == kRemoved) return std::nullopt;
    if (const std::optional<Message> there = get(message.id)) return there->seq;
    const std::int64_t seq = reader.number("message_count") + 1;
    if (session_.update(kSessions, key, {}, {{"message_count", seq}}) != Outcome::Done) return std::nullopt;
    const Outcome outcome =
        session_.insert(kMessages, {{"id", message.id.str()},
                                    {"session_id", message.session.str()},
                                    {"seq", seq},
                                    {"role", message.role},
                                    {"content", message.content},
                                    {"model", orNull(message.model)},
                                    {"provider", orNull(message.provider)},
                                    {"status", std::string(messageStatusName(message.status))},
                                    {"finish_reason", orNull(message.finish_reason)},
                                    {"usage", orNull(message.usage)},
                                    {"parent_id", message.parent ? Value(message.parent->str()) : Value()},
                                    {"created_at", message.created_at}});
    return outcome == Outcome::Done ? std::optional(seq) : std::nullopt;
}

ListPage<Message> MessageRepository::list(const SessionId& session, const PageRequest& page) {
    Query query = inSession(session);
    query.limit = page.limit;
    query.after = page.cursor;
    return readPage<Message>(session_.find(query), [](Row& row) { return readMessage(row); });
}

std::vector<Message> MessageRepository::newest(const SessionId& session, std::uint64_t count) {
    Query query = inSession(session);
    query.limit = count;
    query.descending = true;
    std::vector<Message> messages =
        readPage<Message>(session_.find(query), [](Row& row) { return readMessage(row); }).items;
    std::ranges::reverse(messages);
    return messages;
}

std::optional<Message> MessageRepository::get(const MessageId& id) {
    std::optional<Row> row = findOne(session_, kMessages, "", equals("id", id.str()));
    return row ? std::optional(readMessage(*row)) : std::nullopt;
}

bool MessageRepository::update(const Message& message) {
    return session_.update(kMessages, {{"id", message.id.str()}}, {},
                           {{"content", message.content},
                            {"status", std::string(messageStatusName(message.status))},
                            {"finish_reason", orNull(message.finish_reason)},
                            {"usage", orNull(message.usage)}}) == Outcome::Done;
}

}  // namespace gw::storage
