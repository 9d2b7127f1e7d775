#pragma once
#include <string_view>

#include "base/clock.h"
#include "io/task.h"
#include "protocol/chat_event.h"

namespace gw::protocol {
class ChatAggregate;
struct ChatRequest;
}  // namespace gw::protocol

namespace gw::chat {

/// A silent stream shows that it lives: proxies and load balancers cut what is silent for a minute, and WHATWG HTML
/// advises a comment about every 15 s.
inline constexpr std::chrono::seconds kKeepAlive{15};

/// Who is about to answer what, before the first event. Borrowed until the answer has ended.
struct AnswerStart {
    std::string_view provider;
    std::string_view model;  // the upstream's name
    const protocol::ChatRequest& request;
    std::string_view session_id, message_id;  // of a stored turn, else empty
    WallTime at;
};

/// The client's side of an answer: events in, the client's wire form out. http implements one per door and form. [loop]
class AnswerSink : public protocol::EventSink {
public:
    /// A candidate is about to be asked; what an earlier one left behind before its first content is forgotten.
    virtual void start(const AnswerStart& start) = 0;
    /// Whether the client reads OpenAI's own chat wire form, so that conforming upstream bytes may go through
    /// untouched.
    [[nodiscard]] virtual bool readsOpenAiChat() const noexcept = 0;
    /// Whether finish() needs the gathered answer. After start().
    [[nodiscard]] virtual bool wantsAggregate() const noexcept = 0;

    /// Pass-through: a frame begins; then its events are shown; then its bytes may stand in for the events' own
    /// encoding: the data of one server-sent event, or (`whole`) the complete body. A frame without an event this
    /// client asked for sends nothing.
    virtual void mark() = 0;
    virtual void passThrough(std::string_view bytes, bool whole) = 0;

    /// Sends what has gathered. False: the client is gone.
    [[nodiscard]] virtual io::Task<bool> flush() = 0;
    /// Whether content has gone to the client, after which no other candidate may answer.
    [[nodiscard]] virtual bool begun() const noexcept = 0;
    /// The end of a complete answer. `aggregate` is empty unless wantsAggregate().
    [[nodiscard]] virtual io::Task<void> finish(const protocol::ChatAggregate& aggregate) = 0;
};

}  // namespace gw::chat
