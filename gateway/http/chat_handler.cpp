#include "http/chat_handler.h"

#include <optional>

#include "base/text.h"
#include "http/credential.h"
#include "http/native_answer.h"
#include "http/openai_answer.h"
#include "protocol/native_codec.h"

namespace gw::http {
namespace {

void requireJson(const Request& request) {
    const auto type = request.header("content-type");
    if (type.empty() || equalsIgnoreCase(trimBlanks(type.substr(0, type.find(';'))), "application/json")) return;
    throw Error(ErrorCode::UnsupportedMediaType, "the body must be application/json");
}

/// What the spine needs of it, without HTTP.
chat::Incoming incomingOf(Request& request, Response& response) {
    requireJson(request);
    chat::Incoming incoming;
    incoming.body = std::move(request.body);
    incoming.route = request.access.route;
    incoming.credential = credentialOf(request);
    incoming.peer = request.peer;
    incoming.trace_parent = request.header("traceparent");
    incoming.request_id = request.id;
    incoming.header = [&request](std::string_view name) { return request.header(name); };
    incoming.set_response_header = [&response](std::string_view name, std::string_view value) {
        response.setHeader(name, value);
    };
    incoming.loop = request.loop;
    incoming.cancellation = request.cancellation;
    return incoming;
}

/// Without a credential there is nothing to read a body for, unless a middleware of the operator's knows another way to
/// tell who asks.
void admitChat(const chat::ChatService& chat, const Request& head) {
    if (credentialOf(head).empty() && !chat.hasMiddleware(head.access.route))
        throw Error(ErrorCode::Unauthenticated, "an API key is required: Authorization: Bearer …");
}

/// What was learnt on the way, on every way out.
class AccessNote {
public:
    AccessNote(const chat::Incoming& incoming, AccessRecord& access) : incoming_(incoming), access_(access) {}
    AccessNote(const AccessNote&) = delete;
    AccessNote& operator=(const AccessNote&) = delete;
    ~AccessNote() {
        access_.key_prefix = incoming_.key_prefix;
        access_.model = incoming_.model;
        access_.provider = incoming_.provider;
        access_.input_tokens = incoming_.input_tokens;
        access_.output_tokens = incoming_.output_tokens;
        if (incoming_.client_gone) access_.outcome = "client_gone";
    }

private:
    const chat::Incoming& incoming_;
    AccessRecord& access_;
};

}  // namespace

void OpenAiHandler::admit(const Request& head) const {
    admitChat(chat_, head);
}

io::Task<void> OpenAiHandler::handle(Request& request, Response& response) {
    auto incoming = incomingOf(request, response);
    incoming.operation = operation_;
    const AccessNote note(incoming, request.access);
    if (operation_ == chat::Operation::Embed) {
        OpenAiEmbeddingsAnswer answer(response);
        co_await chat_.run(incoming, answer);
    } else {
        OpenAiChatAnswer answer(request, response);
        co_await chat_.run(incoming, answer);
    }
}

void NativeChatHandler::admit(const Request& head) const {
    admitChat(chat_, head);
}

io::Task<void> NativeChatHandler::handle(Request& request, Response& response) {
    auto incoming = incomingOf(request, response);
    incoming.turn = protocol::parseNativeChatRequest(std::move(incoming.body));
    incoming.turn->stream = incoming.turn->stream || always_streams_;
    incoming.body = chat::canonicalMessage(*incoming.turn);
    const AccessNote note(incoming, request.access);
    NativeChatAnswer answer(request, response);
    std::optional<Error> failure;
    try {
        co_await chat_.run(incoming, answer);
    } catch (const Error& error) {
        failure = error;
    }
    if (!failure) co_return;
    // Before the stream ends: whoever looks at its end (log, idempotency) must see that it failed.
    if (request.access.outcome.empty()) request.access.outcome = codeName(failure->code());
    if (response.streamBegun()) co_await answer.failStream(*failure);
    throw Error(*failure);  // the connection logs it, and answers what is not answered yet
}

}  // namespace gw::http
