#include "chat/dispatcher.h"

#include <optional>
#include <utility>

#include "chat/event_relay.h"
#include "io/timer.h"
#include "observability/log.h"

namespace gw::chat {
namespace {

using plugin_host::Exchange;
using plugin_host::ProviderFailure;
using plugin_host::TransferState;
namespace feature = plugin_host::feature;

/// Polling and upload-then-run providers need a few steps; a plugin that never ends must.
constexpr std::uint32_t kStepLimit = 1'000;

/// A transfer that failed, in the words of the gateway. Retryable: another candidate may do better.
ProviderFailure transferFailure(TransferState state, std::string detail) {
    const auto failure = [&](ErrorCode code, const char* message) {
        ProviderFailure said;
        said.code = code;
        said.retryable = true;
        said.message = message;
        said.detail = std::move(detail);
        return said;
    };
    switch (state) {
        case TransferState::ResolveFailed:
        case TransferState::ConnectFailed: return failure(ErrorCode::Unavailable, "the provider cannot be reached");
        case TransferState::ConnectTimeout:
            return failure(ErrorCode::UpstreamTimeout, "the provider did not accept the connection in time");
        case TransferState::FirstByteTimeout:
            return failure(ErrorCode::UpstreamTimeout, "the provider did not begin to answer in time");
        case TransferState::IdleTimeout:
            return failure(ErrorCode::UpstreamTimeout, "the provider stopped in the middle of its answer");
        case TransferState::TotalTimeout:
            return failure(ErrorCode::UpstreamTimeout, "the provider's answer took too long");
        case TransferState::TlsFailed:
            return failure(ErrorCode::UpstreamError, "no trusted connection to the provider");
        case TransferState::Reset: return failure(ErrorCode::UpstreamTruncated, "the provider's answer was cut short");
        case TransferState::TooLarge: return failure(ErrorCode::UpstreamError, "the provider's answer is too large");
        case TransferState::Refused: return failure(ErrorCode::UpstreamError, "the provider's address is not allowed");
        default: return failure(ErrorCode::UpstreamError, "the provider's answer is not valid");
    }
}

/// A chat without a finish reason was cut, whatever its framing says: half of the clients could not tell.
std::optional<ProviderFailure> endedWithoutEnd(Operation operation, const AttemptResult& result) {
    if (operation != Operation::Chat || !result.finish_reason.empty()) return std::nullopt;
    return transferFailure(TransferState::Reset, "no finish reason");
}

/// Why a cancelled attempt ended, or nothing when it is only that the client left.
std::optional<Error> cancelledError(io::CancelReason reason) {
    switch (reason) {
        case io::CancelReason::Deadline: return Error(ErrorCode::UpstreamTimeout, "the request took too long");
        case io::CancelReason::Shutdown: return Error(ErrorCode::ShuttingDown, "the gateway is shutting down");
        default: return std::nullopt;
    }
}

}  // namespace

/// One candidate, asked once; it may take several steps.
class Dispatcher::Attempt {
public:
    Attempt(const Dispatch& dispatch, const plugin_host::Provider& provider, plugin_host::Outbound& outbound,
            AnswerSink& out)
        : dispatch_(dispatch), provider_(provider), outbound_(outbound), out_(out) {}

    io::Task<std::optional<ProviderFailure>> run(AttemptResult& result);

private:
    struct Step {
        Exchange::End end;
        TransferState transfer = TransferState::Done;
        std::string detail;
    };
    [[nodiscard]] RelayTarget target(const AttemptResult& result) const;
    [[nodiscard]] static std::optional<ProviderFailure> failureOfStep(Step& step, const AttemptResult& result);
    io::Task<Step> step(EventRelay& relay, Exchange& exchange, std::uint32_t number);
    io::Task<Step> exchangeWithUpstream(EventRelay& relay, Exchange& exchange, plugin_host::OutboundRequest request);

    const Dispatch& dispatch_;
    const plugin_host::Provider& provider_;
    plugin_host::Outbound& outbound_;
    AnswerSink& out_;
    std::uint32_t attempt_ = 0;
    bool local_ = false;  // the provider answers without an upstream
};

RelayTarget Dispatcher::Attempt::target(const AttemptResult& result) const {
    const bool filtered = dispatch_.filter != nullptr && dispatch_.filter_events;
    const bool same_wire = (provider_.features(result.model.str()) & feature::kWireOpenAiChat) != 0;
    return {.out = out_,
            .filter = filtered ? dispatch_.filter : nullptr,
            .gather = dispatch_.gather || out_.wantsAggregate(),
            .raw = !filtered && same_wire && dispatch_.incoming.operation == plugin_host::Operation::Chat &&
                   out_.readsOpenAiChat(),
            .stream = dispatch_.request.stream};
}

std::optional<ProviderFailure> Dispatcher::Attempt::failureOfStep(Step& step, const AttemptResult& result) {
    // A provider that has told its end is done, however its connection went on to end.
    const bool told_end = !step.end.failure && !step.end.again && !result.finish_reason.empty();
    if (step.transfer != TransferState::Done && !told_end)
        return transferFailure(step.transfer, std::move(step.detail));
    return std::move(step.end.failure);
}

io::Task<std::optional<ProviderFailure>> Dispatcher::Attempt::run(AttemptResult& result) {
    const auto& incoming = dispatch_.incoming;
    attempt_ = result.attempts++;
    const plugin_host::OperationRequest operation{.operation = incoming.operation,
                                                  .stream = dispatch_.request.stream,
                                                  .attempt = attempt_,
                                                  .request_id = incoming.request_id.str(),
                                                  .trace_parent = incoming.trace_parent,
                                                  .model = result.model.str(),
                                                  .request = dispatch_.request.document.get()};
    const auto exchange = provider_.open(operation);
    EventRelay relay(*exchange, target(result), result, *incoming.loop);
    for (std::uint32_t number = 0; local_ || number < kStepLimit; ++number) {
        auto step = co_await this->step(relay, *exchange, number);
        if (incoming.cancellation->requested() || result.client_gone) co_return std::nullopt;
        if (relay.failure()) co_return std::move(relay.failure());
        if (auto failure = failureOfStep(step, result)) co_return failure;
        if (!step.end.again) co_return endedWithoutEnd(incoming.operation, result);
        if (step.end.wait.count() == 0) continue;
        if (!co_await io::sleepFor(*incoming.loop, step.end.wait, *incoming.cancellation)) co_return std::nullopt;
    }
    ProviderFailure endless;
    endless.message = "the provider's answer took too many steps";
    co_return endless;
}

io::Task<Dispatcher::Attempt::Step> Dispatcher::Attempt::step(EventRelay& relay, Exchange& exchange,
                                                              std::uint32_t number) {
    Step step;
    if (!local_) {
        plugin_host::OutboundRequest request;
        relay.failure() = exchange.build(number, request);
        if (relay.failure()) co_return step;
        local_ = !request.started();
        if (!local_) co_return co_await exchangeWithUpstream(relay, exchange, std::move(request));
    }
    step.end = co_await relay.end(TransferState::Done);
    co_return step;
}

io::Task<Dispatcher::Attempt::Step> Dispatcher::Attempt::exchangeWithUpstream(EventRelay& relay, Exchange& exchange,
                                                                              plugin_host::OutboundRequest request) {
    Step step;
    if (dispatch_.filter != nullptr)
        dispatch_.filter->onUpstream(provider_.name().str(), provider_.endpoint().base_url + request.path_and_query,
                                     attempt_, request);
    provider_.revealSecrets(request);
    const auto transfer = outbound_.start(provider_.endpoint(), std::move(request), *dispatch_.incoming.cancellation);
    auto head = co_await transfer->head();
    step.transfer = head.state;
    step.detail = std::move(head.detail);
    if (head.state == TransferState::Open || head.state == TransferState::Done) {
        auto framing = protocol::Framing::Whole;
        relay.failure() = exchange.onHead(head.head, framing);
        if (relay.failure()) co_return step;
        step.transfer = co_await relay.pump(*transfer, framing);
        step.detail = relay.detail();
        if (relay.failure()) co_return step;
    }
    step.end = co_await relay.end(step.transfer);
    co_return step;
}

io::Task<bool> Dispatcher::ask(const Dispatch& dispatch, const routing::Target& target, AnswerSink& out,
                               AttemptResult& result) {
    const auto& incoming = dispatch.incoming;
    const auto provider = dispatch.generation.providers.find(target.provider);
    if (provider == dispatch.generation.providers.end()) {
        result.error =
            Error(ErrorCode::PluginUnavailable, "the provider '" + target.provider.str() + "' is not available");
        co_return true;
    }
    result.provider = target.provider;
    result.model = target.model;
    result.error.reset();
    result.answer = protocol::ChatAggregate();
    result.usage = {};
    result.content_bytes = 0;
    result.finish_reason.clear();
    result.first_content = {};
    out.start({.provider = target.provider.str(),
               .model = target.model.str(),
               .request = dispatch.request,
               .session_id = dispatch.session_id,
               .message_id = dispatch.message_id,
               .at = SystemClock().wall()});
    std::optional<ProviderFailure> failure;
    try {
        Attempt attempt(dispatch, *provider->second, outbound_(*incoming.loop), out);
        failure = co_await attempt.run(result);
    } catch (const Error& error) {  // a provider that cannot be opened, a middleware that says stop
        result.error = error;
    } catch (const std::exception& error) {  // what came must be settled all the same
        result.error = Error(ErrorCode::Internal, "internal error", error.what());
    }
    const auto reason = incoming.cancellation->reason();
    result.client_gone = result.client_gone || reason == io::CancelReason::ClientGone;
    if (reason != io::CancelReason::None || result.client_gone) {
        if (!result.client_gone) result.error = cancelledError(reason);
        co_return false;
    }
    if (failure) note(dispatch, *failure, result);
    if (result.ok()) health_.succeeded(target.provider);
    const bool not_opened = result.error && result.error->code() == ErrorCode::PluginUnavailable;
    co_return ((failure && failure->retryable) || not_opened) && !out.begun();
}

void Dispatcher::note(const Dispatch& dispatch, const ProviderFailure& failure, AttemptResult& result) {
    result.error = failure.toError();
    // What another candidate could have served counts against this one; a bad request does not.
    if (failure.retryable)
        health_.failed(result.provider, std::string(codeName(failure.code)), dispatch.incoming.loop->now());
    observability::log(observability::Level::Warn, "chat", "a provider failed",
                       {{"request_id", dispatch.incoming.request_id.str()},
                        {"provider", result.provider.str()},
                        {"error", codeName(failure.code)},
                        {"detail", failure.detail}});
}

io::Task<AttemptResult> Dispatcher::send(const Dispatch& dispatch, AnswerSink& out) {
    auto& loop = *dispatch.incoming.loop;
    AttemptResult result;
    result.begun = loop.now();
    std::size_t asked = 0;
    for (std::size_t i = 0; i < dispatch.candidates.size() && asked < dispatch.generation.attempts; ++i) {
        const auto& target = dispatch.candidates[i];
        const bool last = i + 1 == dispatch.candidates.size();
        if (!last && health_.resting(target.provider, loop.now())) continue;
        ++asked;
        if (dispatch.filter != nullptr) dispatch.filter->onAttempt();
        if (!co_await ask(dispatch, target, out, result)) break;
    }
    result.ended = loop.now();
    co_return result;
}

}  // namespace gw::chat
