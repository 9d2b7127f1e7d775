#pragma once
#include <string_view>

#include "base/error.h"
#include "io/task.h"
#include "protocol/chat_event.h"

namespace gw::chat {

/// What an answer is known by before its first event.
struct AnswerStart {
    std::string_view provider;
    std::string_view model;
};

/// The client's side of an answer: events in, the client's wire form out. http implements one per door. [loop]
class AnswerSink : public protocol::EventSink {
public:
    /// A candidate is about to be asked; what an earlier one left behind before its first content is forgotten.
    virtual void start(const AnswerStart& start) = 0;
    /// Whether the client reads OpenAI's own chat wire form, so that conforming upstream bytes may go through
    /// untouched.
    [[nodiscard]] virtual bool readsOpenAiChat() const noexcept = 0;
    /// Pass-through: in place of the events shown since mark(), these bytes of the upstream: the data of one
    /// server-sent event
    /// (`whole` false), or the whole body.
    virtual void mark() = 0;
    virtual void replaceSinceMark(std::string_view bytes, bool whole) = 0;
    /// Sends what has gathered. False: the client is gone.
    [[nodiscard]] virtual io::Task<bool> flush() = 0;
    /// Whether content has gone to the client, after which no other candidate may answer.
    [[nodiscard]] virtual bool begun() const noexcept = 0;
    /// The end of a complete answer.
    [[nodiscard]] virtual io::Task<void> finish() = 0;
};

}  // namespace gw::chat
