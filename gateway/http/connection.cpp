#include "http/connection.h"

#include <Poco/Exception.h>

#include <algorithm>
#include <array>
#include <exception>
#include <utility>

#include "base/ids.h"
#include "http/cors.h"
#include "http/error_codec.h"
#include "observability/log.h"

namespace gw::http {
namespace {

using io::CancelReason;
using io::IoState;

/// A refused body up to this size is read to its end, so that the connection can go on; a larger one ends it.
constexpr std::uint64_t kDrainedBody = 64UL * 1024;
/// What a lingering connection reads at most before it closes anyway.
constexpr std::size_t kLingerBytes = 1024UL * 1024;
/// A connection that has not sent its first request when draining begins may be about to.
constexpr std::chrono::seconds kFirstRequestGrace{1};
constexpr std::chrono::seconds kRateCheck{1};
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr int kClientGoneStatus = 499;  // in the log only: nobody is there to read it

/// The exception in flight as the end of a request.
Error currentError() noexcept {
    try {
        throw;
    } catch (const Error& error) {
        return error;
    } catch (const Poco::Exception& error) {
        return Error(ErrorCode::Internal, "internal error", error.displayText());
    } catch (const std::exception& error) {
        return Error(ErrorCode::Internal, "internal error", error.what());
    } catch (...) {
        return Error(ErrorCode::Internal, "internal error", "an exception of unknown type");
    }
}

Error calledOff(CancelReason reason) {
    switch (reason) {
        case CancelReason::Deadline: return Error(ErrorCode::UpstreamTimeout, "the request took too long");
        case CancelReason::Shutdown: return Error(ErrorCode::ShuttingDown, "the gateway is shutting down");
        default: return Error(ErrorCode::Internal, "internal error", "the handler gave no answer");
    }
}

Error tooSlow(CancelReason reason, const char* what) {
    if (reason == CancelReason::Shutdown) return calledOff(reason);
    return Error(ErrorCode::RequestTimeout, what);
}

/// What went wrong on this side; a client's mistake is the access log's matter.
void logFailure(const Error& error, const RequestId& id) {
    const bool theirs = error.code() == ErrorCode::NotImplemented || error.code() == ErrorCode::HttpVersion;
    constexpr int kServerError = 500;
    if (theirs || httpStatus(error.code()) < kServerError) return;
    observability::log(observability::Level::Warn, "http", error.what(),
                       {{"id", id.str()}, {"code", codeName(error.code())}, {"detail", error.detail()}});
}

void close(AccessRecord& access, bool client_gone) {
    access.ended = std::chrono::steady_clock::now();
    if (client_gone) access.outcome = "client_gone";
    if (access.status == 0) access.status = kClientGoneStatus;
    if (access.outcome.empty()) access.outcome = "ok";
}

bool isFitId(std::string_view id) noexcept {
    constexpr std::size_t kMaxId = 128;
    return !id.empty() && id.size() <= kMaxId && std::ranges::all_of(id, [](char c) { return c > 0x20 && c < 0x7f; });
}

}  // namespace

/// What the connection's timer calls off, for the length of a scope.
class Connection::Waiting {
public:
    Waiting(Connection& connection, io::Cancellation& cancellation) noexcept : connection_(connection) {
        connection_.waiting_ = &cancellation;
    }
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;
    ~Waiting() { connection_.waiting_ = nullptr; }

private:
    Connection& connection_;
};

Connection::Connection(std::shared_ptr<Service> service, Roster& roster, io::EventLoop& loop,
                       std::unique_ptr<io::ByteStream> stream, std::string peer)
    : service_(std::move(service)),
      roster_(roster),
      next_(roster.first),
      loop_(loop),
      stream_(std::move(stream)),
      peer_(std::move(peer)),
      input_(*stream_),
      parser_(service_->options.limits),
      timer_(loop, [this] { onTimer(); }),
      accepted_(loop.now()) {
    if (next_ != nullptr) next_->previous_ = this;
    roster_.first = this;
    service_->open.fetch_add(1, std::memory_order_relaxed);
}

Connection::~Connection() {
    if (next_ != nullptr) next_->previous_ = previous_;
    (previous_ != nullptr ? previous_->next_ : roster_.first) = next_;
    service_->open.fetch_sub(1);
    if (!service_->draining.load()) return;
    const std::scoped_lock lock(service_->mutex);
    service_->closed.notify_all();
}

io::Task<void> Connection::run(std::unique_ptr<Connection> connection) {
    try {
        co_await connection->serve();
    } catch (...) {
        const Error error = currentError();
        observability::log(observability::Level::Error, "http", "a connection ended by an exception",
                           {{"detail", error.detail().empty() ? error.what() : error.detail()}});
    }
}

io::Task<void> Connection::serve() {
    while (co_await awaitRequest())
        if (!co_await serveOne()) break;
}

/// Between two requests: nothing is held but the connection itself. False: closed, or idle for too long.
io::Task<bool> Connection::awaitRequest() {
    io::Cancellation idle(root_);
    const Waiting waiting(*this, idle);
    const auto& options = service_->options;
    arm(Phase::Idle, first_ ? accepted_ + options.head_timeout : loop_.now() + options.idle_timeout);
    for (;;) {
        std::string_view bytes;
        const IoState state = input_.peek(bytes);
        if (state == IoState::Done) co_return true;
        if (state == IoState::Eof || state == IoState::Failed) co_return false;
        if (!co_await stream_->ready(state, idle))
            co_return idle.reason() == CancelReason::Shutdown&& input_.peek(bytes) == IoState::Done;
    }
}

io::Task<bool> Connection::serveOne() {
    io::Cancellation cancellation(root_);
    const Waiting waiting(*this, cancellation);
    Request request;
    request.peer = peer_;
    request.loop = &loop_;
    request.cancellation = &cancellation;
    request.access.begun = loop_.now();
    Refusal refusal;
    parser_.reset();
    if (!co_await readHead(request, refusal)) co_return false;

    first_ = false;
    nameRequest(request);
    const Framing& framing = parser_.framing();
    const auto& options = service_->options;
    const Wire wire{framing.http_1_0, options.server_header, options.write_stall, &service_->draining, &root_};
    Response response(*stream_, request, framing.keepsAlive() && !refusal, wire);
    response.setDoor(doorOf(request.path));
    body_.begin(framing, options.limits.body);
    Handler* handler = nullptr;
    if (!refusal) refusal = route(request, response, handler);
    if (!refusal && handler != nullptr) refusal = co_await readBody(request);
    if (!refusal && handler != nullptr) refusal = co_await answer(*handler, request, response);
    co_return co_await conclude(request, response, refusal);
}

/// False: the client left without a word that could be answered.
io::Task<bool> Connection::readHead(Request& request, Refusal& refusal) {
    IoState state = IoState::Done;
    while (!feedHead(request, refusal, state)) {
        if (state == IoState::Failed) co_return false;
        if (phase_ == Phase::Idle)
            arm(Phase::Head, (first_ ? accepted_ : loop_.now()) + service_->options.head_timeout);
        if (co_await stream_->ready(state, *request.cancellation)) continue;
        refusal = tooSlow(request.cancellation->reason(), "the request head took too long");
        break;
    }
    co_return true;
}

/// Parses what there is. True: the head is over, well or with a refusal; false: `state` says why it is not.
bool Connection::feedHead(Request& request, Refusal& refusal, IoState& state) {
    for (;;) {
        std::string_view bytes;
        state = input_.peek(bytes);
        if (state == IoState::Eof) refusal = Error(ErrorCode::InvalidRequest, "the request ends within its head");
        if (state != IoState::Done) return state == IoState::Eof;
        const Fed fed = parser_.feed(bytes, request);
        input_.take(fed.used);
        request.access.bytes_in = parser_.size();
        if (fed.state == Feed::Failed) refusal = parser_.error();
        if (fed.state != Feed::More) return true;
    }
}

void Connection::nameRequest(Request& request) const {
    const auto theirs = request.header("x-request-id");
    request.id = isFitId(theirs) ? RequestId(theirs) : RequestId(newId("req_", SystemClock().wall()));
}

/// Finds the handler; none, and no refusal either, for a request that OPTIONS answers.
Connection::Refusal Connection::route(Request& request, Response& response, Handler*& handler) const {
    try {
        const auto& cors = service_->options.cors;
        allowOrigin(cors, request, response);
        if (request.method == "OPTIONS") {
            const std::string methods = service_->router.allowed(request.path);
            if (methods.empty() && request.path != "*")
                return Error(ErrorCode::NotFound, "there is nothing at this path");
            response.setHeader("Allow", methods.empty() ? "GET, HEAD, POST, PATCH, DELETE, OPTIONS" : methods);
            allowMethods(cors, request, response);
            return std::nullopt;
        }
        const auto match = service_->router.find(request);
        request.access.route = match.route;
        response.setDoor(match.door);
        match.handler->admit(request);
        handler = match.handler;
        return std::nullopt;
    } catch (...) {
        return currentError();
    }
}

io::Task<Connection::Refusal> Connection::readBody(Request& request) {
    if (body_.failed()) co_return body_.error();
    if (body_.done()) co_return std::nullopt;
    body_begun_ = loop_.now();
    body_bytes_ = 0;
    if (parser_.framing().expects_continue && input_.empty()) {
        const WriteRules rules{loop_, *request.cancellation, service_->options.write_stall, request.access.bytes_out};
        if (!co_await writeAll(*stream_, kContinue, rules))
            co_return Error(ErrorCode::RequestTimeout, "the client is gone");
    }
    Refusal refusal;
    IoState state = IoState::Done;
    while (!feedBody(request, refusal, state)) {
        if (phase_ != Phase::Body) arm(Phase::Body, bodyDue());
        if (co_await stream_->ready(state, *request.cancellation)) continue;
        refusal = tooSlow(request.cancellation->reason(), "the request body took too long");
        break;
    }
    co_return refusal;
}

/// As feedHead(), for the body.
bool Connection::feedBody(Request& request, Refusal& refusal, IoState& state) {
    for (;;) {
        std::string_view bytes;
        state = input_.peek(bytes);
        const bool ended = state == IoState::Eof || state == IoState::Failed;
        if (ended) refusal = Error(ErrorCode::InvalidRequest, "the request ends within its body");
        if (state != IoState::Done) return ended;
        const Fed fed = body_.feed(bytes, &request.body);
        input_.take(fed.used);
        body_bytes_ += fed.used;
        request.access.bytes_in += fed.used;
        if (fed.state == Feed::Failed) refusal = body_.error();
        if (fed.state != Feed::More) return true;
    }
}

io::Task<Connection::Refusal> Connection::answer(Handler& handler, Request& request, Response& response) {
    Refusal refusal;  // carried out of the catch, where co_await may not stand
    arm(Phase::Handler, request.access.begun + service_->options.request_timeout);
    stream_->cancelWhenPeerLeaves(request.cancellation);
    try {
        co_await handler.handle(request, response);
    } catch (...) {
        refusal = currentError();
    }
    stream_->cancelWhenPeerLeaves(nullptr);
    const CancelReason reason = request.cancellation->reason();
    if (!refusal && !response.answered() && reason != CancelReason::ClientGone) refusal = calledOff(reason);
    co_return refusal;
}

/// The rest of a request whose outcome is known: the answer that is owed, the log, the end of its body. False: the
/// connection is over.
io::Task<bool> Connection::conclude(Request& request, Response& response, const Refusal& refusal) {
    // A client that has only closed its writing side still gets what needed no wait.
    const bool given_up =
        !refusal && !response.answered() && request.cancellation->reason() == CancelReason::ClientGone;
    const std::uint64_t left = body_.remaining();
    // After a refusal a client that waits for "100 Continue" may send its body or not: nobody could tell what comes
    // next.
    if (left > kDrainedBody || (left > 0 && parser_.framing().expects_continue)) response.closeAfter();
    if (refusal) {
        logFailure(*refusal, request.id);
        co_await response.fail(*refusal);
    } else if (!given_up && !response.answered()) {
        co_await response.sendEmpty(204);
    }
    const bool gone = given_up || response.lost();
    close(request.access, gone);
    if (service_->finished) service_->finished(request);
    if (gone) co_return false;
    if (response.keepsAlive()) {
        const bool clean = left == 0 || co_await dropBody();
        if (clean) co_return true;
    }
    co_await linger();
    co_return false;
}

/// Reads what is left of a small refused body. False: it did not come in time.
io::Task<bool> Connection::dropBody() {
    io::Cancellation over(root_);
    const io::Deadline deadline(loop_, over, service_->options.linger);
    for (;;) {
        std::string_view bytes;
        const IoState state = input_.peek(bytes);
        if (state == IoState::Eof || state == IoState::Failed) co_return false;
        if (state == IoState::Done) {
            const Fed fed = body_.feed(bytes, nullptr);
            input_.take(fed.used);
            if (fed.state != Feed::More) co_return fed.state == Feed::Done;
            continue;
        }
        if (!co_await stream_->ready(state, over)) co_return false;
    }
}

/// A socket closed with unread bytes resets, and a reset takes the answer from the client's hands: so read on for a
/// while.
io::Task<void> Connection::linger() {
    io::Cancellation over(root_);
    const io::Deadline deadline(loop_, over, service_->options.linger);
    stream_->shutdownWrite();
    for (std::size_t dropped = 0; dropped < kLingerBytes;) {
        std::string_view bytes;
        const IoState state = input_.peek(bytes);
        if (state == IoState::Eof || state == IoState::Failed) co_return;
        if (state == IoState::Done) {
            dropped += bytes.size();
            input_.take(bytes.size());
        } else if (!co_await stream_->ready(state, over)) {
            co_return;
        }
    }
}

void Connection::closeWhenIdle() noexcept {
    if (waiting_ == nullptr || phase_ != Phase::Idle) return;
    if (first_)
        timer_.armAfter(kFirstRequestGrace);
    else
        waiting_->cancel(CancelReason::Shutdown);
}

void Connection::arm(Phase phase, MonoTime due) {
    phase_ = phase;
    timer_.arm(due);
}

MonoTime Connection::bodyDue() const {
    const auto& options = service_->options;
    const MonoTime rate_check = std::max(body_begun_ + options.body_grace, loop_.now() + kRateCheck);
    return std::min(body_begun_ + options.body_timeout, rate_check);
}

void Connection::onTimer() {
    if (waiting_ == nullptr) return;
    if (phase_ == Phase::Body) {
        const auto& options = service_->options;
        const auto elapsed = loop_.now() - body_begun_;
        const auto seconds = std::chrono::duration<double>(elapsed).count();
        const bool slow = static_cast<double>(body_bytes_) < seconds * static_cast<double>(options.body_min_rate);
        const bool late = elapsed >= options.body_timeout;
        if (!late && !(slow && elapsed >= options.body_grace)) return arm(Phase::Body, bodyDue());
    }
    waiting_->cancel(CancelReason::Deadline);
}

}  // namespace gw::http
