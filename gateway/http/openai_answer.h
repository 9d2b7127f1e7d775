#pragma once
#include <optional>
#include <string>

#include "chat/answer_sink.h"
#include "http/response.h"
#include "protocol/openai_codec.h"
#include "protocol/openai_stream.h"

namespace gw::http {

/// The answer to POST /v1/chat/completions, streamed or whole as the request asks. [loop]
class OpenAiChatAnswer final : public chat::AnswerSink {
public:
    OpenAiChatAnswer(Request& request, Response& response) : request_(request), response_(response) {}

    void start(const chat::AnswerStart& start) override;
    void onEvent(const protocol::ChatEvent& event) override;
    [[nodiscard]] bool readsOpenAiChat() const noexcept override { return true; }
    [[nodiscard]] bool wantsAggregate() const noexcept override { return !stream_; }
    void mark() override;
    void passThrough(std::string_view bytes, bool whole) override;
    [[nodiscard]] io::Task<bool> flush() override;
    [[nodiscard]] bool begun() const noexcept override { return stream_ && stream_->begun(); }
    [[nodiscard]] io::Task<void> finish(const protocol::ChatAggregate& aggregate) override;

private:
    Request& request_;
    Response& response_;
    protocol::AnswerIdentity identity_;
    std::optional<protocol::OpenAiStream> stream_;
    std::string whole_;  // pass-through of a whole body
};

/// The answer to POST /v1/embeddings. [loop]
class OpenAiEmbeddingsAnswer final : public chat::AnswerSink {
public:
    explicit OpenAiEmbeddingsAnswer(Response& response) : response_(response) {}

    void start(const chat::AnswerStart& start) override;
    void onEvent(const protocol::ChatEvent& /*event*/) override {}
    [[nodiscard]] bool readsOpenAiChat() const noexcept override { return false; }
    [[nodiscard]] bool wantsAggregate() const noexcept override { return true; }
    void mark() override {}
    void passThrough(std::string_view /*bytes*/, bool /*whole*/) override {}
    [[nodiscard]] io::Task<bool> flush() override { co_return true; }
    [[nodiscard]] bool begun() const noexcept override { return false; }
    [[nodiscard]] io::Task<void> finish(const protocol::ChatAggregate& aggregate) override;

private:
    Response& response_;
    std::string model_;
    bool base64_ = false;
};

}  // namespace gw::http
