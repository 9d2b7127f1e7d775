#include "http/native_answer.h"

#include "http/error_codec.h"
#include "protocol/chat_aggregate.h"
#include "protocol/chat_request.h"

namespace gw::http {

void NativeChatAnswer::start(const chat::AnswerStart& start) {
    session_id_ = start.session_id;
    message_id_ = start.message_id;
    model_ = start.model;
    provider_ = start.provider;
    at_ = start.at;
    if (!start.request.stream) return;
    if (!stream_) stream_.emplace(session_id_, message_id_);
    stream_->start(provider_, model_);
    response_.keepAliveEvery(chat::kKeepAlive);
}

void NativeChatAnswer::onEvent(const protocol::ChatEvent& event) {
    if (stream_) stream_->encode(event, response_.pending());
}

io::Task<void> NativeChatAnswer::finish(const protocol::ChatAggregate& aggregate) {
    if (stream_) {
        stream_->finish(response_.pending());
        co_await response_.finishStream();
        co_return;
    }
    const auto body = protocol::encodeNativeAnswer(aggregate, {.session_id = session_id_,
                                                               .message_id = message_id_,
                                                               .model = model_,
                                                               .provider = provider_,
                                                               .created_at = at_});
    co_await response_.sendJson(200, body);
}

io::Task<void> NativeChatAnswer::failStream(const Error& error) {
    if (!stream_) co_return;
    stream_->fail(encodeError(error, Door::Native, request_.id), response_.pending());
    co_await response_.finishStream();
}

io::Task<bool> NativeChatAnswer::flush() {
    if (!stream_ || response_.pending().empty()) co_return true;
    co_return co_await response_.flush();
}

}  // namespace gw::http
