#pragma once
#include <optional>
#include <string>

#include "chat/answer_sink.h"
#include "http/response.h"
#include "protocol/native_codec.h"
#include "protocol/native_stream.h"

namespace gw::http {

/// The answer to POST /api/v1/chat and /api/v1/chat/stream. [loop]
class NativeChatAnswer final : public chat::AnswerSink {
public:
    NativeChatAnswer(Request& request, Response& response) : request_(request), response_(response) {}

    void start(const chat::AnswerStart& start) override;
    void onEvent(const protocol::ChatEvent& event) override;
    [[nodiscard]] bool readsOpenAiChat() const noexcept override { return false; }
    [[nodiscard]] bool wantsAggregate() const noexcept override { return !stream_; }
    void mark() override {}
    void passThrough(std::string_view /*bytes*/, bool /*whole*/) override {}
    [[nodiscard]] io::Task<bool> flush() override;
    [[nodiscard]] bool begun() const noexcept override { return stream_ && stream_->begun(); }
    [[nodiscard]] io::Task<void> finish(const protocol::ChatAggregate& aggregate) override;
    /// Ends a stream that has begun with an error event, which has its number.
    [[nodiscard]] io::Task<void> failStream(const Error& error);

private:
    Request& request_;
    Response& response_;
    std::optional<protocol::NativeStream> stream_;
    std::string session_id_, message_id_, model_, provider_;
    WallTime at_;
};

}  // namespace gw::http
