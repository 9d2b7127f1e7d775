#include "chat/chat_service.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "protocol/chat_aggregate.h"
#include "protocol/native_codec.h"
#include "protocol/openai_codec.h"

namespace gw::chat {
namespace {

using plugin_host::Stage;
using plugin_host::Transaction;

constexpr std::uint32_t before(Stage stage) {
    return static_cast<std::uint32_t>(stage);
}
constexpr std::uint32_t kAllStages = ~0u;

protocol::ChatRequest parseRequest(plugin_host::Operation operation, std::string body) {
    return operation == plugin_host::Operation::Embed ? protocol::parseEmbeddingsRequest(std::move(body))
                                                      : protocol::parseChatRequest(std::move(body));
}

}  // namespace

/// What is kept of an answer, whole, cut or failed.
sessions::StoredAnswer storedAnswer(const AttemptResult& result) {
    sessions::StoredAnswer stored;
    stored.content = jsonString(result.answer.text());
    stored.model = result.model.str();
    stored.provider = result.provider.str();
    stored.finish_reason = result.finish_reason;
    if (result.usage.told()) protocol::appendNativeUsage(stored.usage, result.usage);
    if (!result.ok())
        stored.status = result.answer.empty() ? storage::MessageStatus::Failed : storage::MessageStatus::Partial;
    return stored;
}

/// To the client and to what is kept.
class Tee final : public protocol::EventSink {
public:
    Tee(protocol::EventSink& first, protocol::EventSink& second) : first_(first), second_(second) {}
    void onEvent(const protocol::ChatEvent& event) override {
        first_.onEvent(event);
        second_.onEvent(event);
    }

private:
    protocol::EventSink& first_;
    protocol::EventSink& second_;
};

/// One request on its way through the steps; lives in the frame of run().
struct ChatService::Passage {
    Passage(Incoming& incoming, AnswerSink& sink, std::shared_ptr<const Generation> under)
        : in(incoming), out(sink), generation(std::move(under)), subject(incoming, std::move(incoming.body)) {
        chain = generation->chain(in.route);
        if (!chain->empty()) middleware.emplace(chain, subject, *in.cancellation);
    }

    /// Runs the operator's middleware below `limit`, unless one has answered already.
    io::Task<void> stages(std::uint32_t limit) {
        if (!middleware || responded) co_return;
        responded = co_await middleware->onRequest(limit) == Transaction::Verdict::Responded;
    }

    Incoming& in;
    AnswerSink& out;
    std::shared_ptr<const Generation> generation;
    std::shared_ptr<const plugin_host::MiddlewareChain> chain;
    Subject subject;
    std::optional<Transaction> middleware;  // absent: this route has none
    bool responded = false;                 // a middleware has answered: no provider is asked
    std::optional<sessions::Turn> turn;     // the native door
    protocol::ChatRequest request;
};

io::Task<void> ChatService::run(Incoming& incoming, AnswerSink& out) {
    Passage passage(incoming, out, generation_.get());
    std::optional<Error> failure;
    try {
        co_await serve(passage);
    } catch (const Error& error) {
        failure = error;
    } catch (const std::exception& error) {
        failure = Error(ErrorCode::Internal, "internal error", error.what());
    }
    if (passage.turn && passage.turn->open) co_await sessions_.abandonTurn(*passage.turn);
    if (failure && passage.middleware) passage.middleware->onError(*failure);
    if (passage.middleware) passage.middleware->complete(!failure && !incoming.client_gone, incoming.client_gone);
    if (failure) throw Error(*failure);
}

io::Task<void> ChatService::serve(Passage& passage) {
    co_await passage.stages(before(Stage::Authz));
    co_await authenticate(passage);  // closes AUTHN: a middleware's principal, else our own check
    co_await passage.stages(before(Stage::Cache));
    co_await openTurn(passage);           // after GUARD: what is blocked reads no database
    co_await passage.stages(kAllStages);  // the rest: CACHE, TRANSFORM, OBSERVE
    // After all that may have changed it.
    passage.request = parseRequest(passage.in.operation, passage.subject.takeRequest());
    passage.in.model = passage.request.model;
    passage.subject.setRequest(passage.request);
    if (!passage.subject.principal()->mayUse(passage.request.model))
        throw Error(ErrorCode::Forbidden, "this key may not use the model '" + passage.request.model + "'")
            .withParam("model");
    auto result = passage.responded ? co_await replay(passage) : co_await dispatch(passage);
    co_await conclude(passage, result);
}

io::Task<void> ChatService::authenticate(Passage& passage) {
    auto& subject = passage.subject;
    if (!subject.principal()) {
        auto principal = authenticator_.cached(passage.in.credential);
        if (!principal) principal = co_await authenticator_.authenticate(passage.in.credential);
        subject.setPrincipal(std::move(principal));
    }
    passage.in.key_prefix = subject.principal()->key_prefix;
    subject.principal()->require(auth::Scope::Chat);
}

io::Task<void> ChatService::openTurn(Passage& passage) {
    if (!passage.in.turn) co_return;
    passage.subject.principal()->require(auth::Scope::Sessions);
    const auto model_of = [&generation = *passage.generation](const storage::ChatSession& session) {
        return generation.modelOf(session.ai_provider.value_or(""), session.model.value_or(""));
    };
    // A guard may have changed the message (masked a word): what is stored and sent is what it left.
    auto content = lastContent(passage.subject.takeRequest());
    passage.turn = co_await sessions_.openTurn(passage.subject.principal()->user, *passage.in.turn, std::move(content),
                                               passage.in.request_id, model_of);
    passage.subject.replaceRequest(std::move(passage.turn->request));
}

io::Task<AttemptResult> ChatService::dispatch(Passage& passage) {
    const Dispatch dispatch{
        .incoming = passage.in,
        .request = passage.request,
        .generation = *passage.generation,
        .candidates = passage.generation->router.candidates(passage.request.model),
        .filter = passage.middleware ? &*passage.middleware : nullptr,
        .filter_events = passage.chain->wantsEvents(),
        .gather = passage.turn.has_value() || passage.chain->wantsResponse(),
        .session_id = passage.turn ? std::string_view(passage.turn->session.str()) : std::string_view{},
        .message_id = passage.turn ? std::string_view(passage.turn->answer.str()) : std::string_view{}};
    co_return co_await dispatcher_.send(dispatch, passage.out);
}

io::Task<AttemptResult> ChatService::replay(Passage& passage) {
    AttemptResult result;
    result.begun = result.first_content = passage.in.loop->now();
    result.model = ModelName(passage.request.model);
    const auto& turn = passage.turn;
    passage.out.start({.provider = {},
                       .model = result.model.str(),
                       .request = passage.request,
                       .session_id = turn ? std::string_view(turn->session.str()) : std::string_view{},
                       .message_id = turn ? std::string_view(turn->answer.str()) : std::string_view{},
                       .at = SystemClock().wall()});
    Tee tee(passage.out, result.answer);
    for (const auto& event : passage.subject.takeResponse()) {
        if (passage.chain->wantsEvents())
            co_await passage.middleware->onEvent(event.view(), tee);
        else
            tee.onEvent(event.view());
    }
    result.usage = result.answer.usage();
    result.finish_reason = result.answer.finishReason();
    result.client_gone = !co_await passage.out.flush();
    result.ended = passage.in.loop->now();
    co_return result;
}

/// The last word of the operator's middleware on an answer that has ended well.
io::Task<void> ChatService::review(Passage& passage, AttemptResult& result) {
    if (passage.chain->wantsEvents()) {
        // A guard that still holds events decides now.
        Tee tee(passage.out, result.answer);
        co_await passage.middleware->onEnd(tee);
    }
    if (passage.chain->wantsResponse()) {
        passage.subject.setResponse(
            protocol::encodeChatCompletion(result.answer, {passage.in.request_id.str(), result.model.str(), 0}));
        co_await passage.middleware->onResponse(passage.out);
        if (passage.subject.responseReplaced())
            result.answer = protocol::parseChatCompletion(passage.subject.responseJson());
    }
}

io::Task<void> ChatService::conclude(Passage& passage, AttemptResult& result) {
    auto& in = passage.in;
    try {
        if (result.ok() && passage.middleware) co_await review(passage, result);
    } catch (const Error& error) {  // refused or called off at the end: what came is owed all the same
        result.client_gone = in.cancellation->reason() == io::CancelReason::ClientGone;
        result.error = error;
    }
    in.provider = result.provider.str();
    in.client_gone = result.client_gone;
    // What was received is owed, also when the client left or the provider failed half-way.
    settlement_.settle(*passage.subject.principal(), passage.in, passage.request, result);
    // The answer is durable before its end is sent: who reads the end can read it back.
    if (passage.turn) co_await sessions_.closeTurn(*passage.turn, storedAnswer(result));
    if (result.client_gone) co_return;
    if (result.error) throw Error(*result.error);
    co_await passage.out.finish(result.answer);
}

}  // namespace gw::chat
