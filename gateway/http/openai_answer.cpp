#include "http/openai_answer.h"

#include "protocol/chat_aggregate.h"
#include "protocol/chat_request.h"

namespace gw::http {

void OpenAiChatAnswer::start(const chat::AnswerStart& start) {
    identity_ = {"chatcmpl-" + request_.id.str(), std::string(start.model), toMicros(start.at) / 1'000'000};
    whole_.clear();
    if (!start.request.stream) return;
    if (!stream_) stream_.emplace(identity_, start.request.include_usage);
    stream_->start(start.model);
    response_.keepAliveEvery(chat::kKeepAlive);
}

void OpenAiChatAnswer::onEvent(const protocol::ChatEvent& event) {
    if (stream_) stream_->encode(event, response_.pending());
}

void OpenAiChatAnswer::mark() {
    if (stream_) stream_->mark(response_.pending());
}

void OpenAiChatAnswer::passThrough(std::string_view bytes, bool whole) {
    if (stream_)
        stream_->passThrough(bytes, response_.pending());
    else if (whole)
        whole_ = bytes;
}

io::Task<bool> OpenAiChatAnswer::flush() {
    // Nothing to send is no reason to begin the answer: another candidate may still give it.
    if (!stream_ || response_.pending().empty()) co_return true;
    co_return co_await response_.flush();
}

io::Task<void> OpenAiChatAnswer::finish(const protocol::ChatAggregate& aggregate) {
    if (stream_) {
        stream_->finish(response_.pending());
        co_await response_.finishStream();
    } else if (!whole_.empty()) {
        co_await response_.sendJson(200, whole_);
    } else {
        const auto body = protocol::encodeChatCompletion(aggregate, identity_);
        co_await response_.sendJson(200, body);
    }
}

void OpenAiEmbeddingsAnswer::start(const chat::AnswerStart& start) {
    model_ = start.model;
    const auto* format = start.request.document->root().find("encoding_format");
    base64_ = format != nullptr && format->str() == "base64";
}

io::Task<void> OpenAiEmbeddingsAnswer::finish(const protocol::ChatAggregate& aggregate) {
    const auto body = protocol::encodeEmbeddings(aggregate, model_, base64_);
    co_await response_.sendJson(200, body);
}

}  // namespace gw::http
