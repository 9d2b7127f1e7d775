#include "http/response.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>

#include "http/chars.h"
#include "http/error_codec.h"
#include "http/status_line.h"
#include "observability/log.h"

namespace gw::http {
namespace {

/// A larger body is written from where it stands: a second write costs less than copying it behind the head.
constexpr std::size_t kCopiedBody = 16UL * 1024;
/// A burst's memory is kept for the next one up to here, so that an open stream stays small.
constexpr std::size_t kKeptBurst = 8UL * 1024;
constexpr std::string_view kEventStream = "text/event-stream";
constexpr std::string_view kComment = ": keep-alive\n\n";

/// Where an answer is put together before its one write: one per loop, as nothing waits in between.
std::string& scratch() {
    thread_local std::string buffer;
    if (buffer.capacity() > Response::kHighWater) buffer = {};
    buffer.clear();
    return buffer;
}

void appendNumber(std::string& out, std::uint64_t value, int base) {
    std::array<char, 24> digits{};
    out.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value, base).ptr);
}

void appendChunk(std::string& out, std::string_view bytes) {
    if (bytes.empty()) return;  // an empty chunk would be the end
    appendNumber(out, bytes.size(), 16);
    out.append("\r\n").append(bytes).append("\r\n");
}

bool hasBody(int status) noexcept {
    return status >= 200 && status != 204 && status != 304;
}

}  // namespace

Response::Response(io::ByteStream& stream, Request& request, bool keep_alive, const Wire& wire)
    : stream_(stream), request_(request), wire_(wire), keep_alive_(keep_alive) {}

void Response::setHeader(std::string_view name, std::string_view value) {
    const bool good = !name.empty() && std::ranges::all_of(name, [](char c) { return is(c, CharClass::Token); }) &&
                      std::ranges::all_of(value, [](char c) { return is(c, CharClass::FieldByte); });
    if (!good) {
        observability::log(observability::Level::Warn, "http", "dropped a response header that could split the answer",
                           {{"id", request_.id.str()}, {"name", name}});
        return;
    }
    headers_.append(name).append(": ").append(value).append("\r\n");
}

void Response::encodeHead(std::string& out, int status, std::string_view content_type,
                          std::optional<std::size_t> length) {
    const bool draining = wire_.draining != nullptr && wire_.draining->load(std::memory_order_relaxed);
    if (draining || (wire_.http_1_0 && !length))
        keep_alive_ = false;  // HTTP/1.0: the end of a stream is the connection's
    request_.access.status = status;
    out += "HTTP/1.1 ";
    appendNumber(out, static_cast<std::uint64_t>(status), 10);
    out.append(" ").append(reasonPhrase(status)).append("\r\nDate: ").append(httpDate());
    out.append("\r\nX-Request-Id: ").append(request_.id.str()).append("\r\n");
    if (!wire_.server.empty()) out.append("Server: ").append(wire_.server).append("\r\n");
    if (!content_type.empty()) out.append("Content-Type: ").append(content_type).append("\r\n");
    if (length && hasBody(status)) {
        out += "Content-Length: ";
        appendNumber(out, *length, 10);
        out += "\r\n";
    } else if (!length && !wire_.http_1_0) {
        out += "Transfer-Encoding: chunked\r\n";
    }
    if (!keep_alive_)
        out += "Connection: close\r\n";
    else if (wire_.http_1_0)
        out += "Connection: keep-alive\r\n";
    out.append(headers_).append("\r\n");
}

void Response::markFirstByte() {
    if (request_.access.first_byte == MonoTime{}) request_.access.first_byte = std::chrono::steady_clock::now();
}

/// Tries to write; what the socket does not take is kept in unsent_. False: it waits there, or is lost.
bool Response::deliver(std::string_view bytes) {
    const auto written = tryWriteAll(stream_, bytes);
    request_.access.bytes_out += written.bytes;
    markFirstByte();
    if (written.state == io::IoState::Done) return true;
    if (written.state == io::IoState::Failed) {
        lose();
        keep_alive_ = false;
    } else {
        unsent_.assign(bytes.substr(written.bytes));
    }
    return false;
}

io::Task<bool> Response::deliverRest(io::Cancellation& cancellation) {
    if (lost_) co_return false;
    writing_ = true;
    const WriteRules rules{*request_.loop, cancellation, wire_.write_stall, request_.access.bytes_out};
    const bool good = co_await writeAll(stream_, unsent_, rules);
    writing_ = false;
    std::string().swap(unsent_);
    if (!good) {
        lose();
        keep_alive_ = false;
    }
    co_return good;
}

io::Task<void> Response::send(int status, std::string_view content_type, std::string_view body) {
    assert(!answered_ && !stream_begun_ && "one answer per request");
    answered_ = true;
    silence_timer_.reset();
    if (tap_ != nullptr) {
        tap_->onBody(body);
        co_await tap_->onEnd(status, content_type);
    }
    std::string& out = scratch();
    encodeHead(out, status, content_type, body.size());
    if (isHead() || !hasBody(status)) body = {};
    const bool copied = body.size() <= kCopiedBody;
    if (copied) out += body;
    bool good = deliver(out);
    if (!good) good = co_await deliverRest(connection());
    if (!good || copied) co_return;
    if (!deliver(body)) co_await deliverRest(connection());
}

void Response::encodeBurst(std::string& out, std::string_view burst, bool last) {
    if (!stream_begun_) {
        stream_begun_ = true;
        headers_ += "Cache-Control: no-cache\r\nX-Accel-Buffering: no\r\n";
        encodeHead(out, 200, kEventStream, std::nullopt);
    }
    if (isHead()) return;
    if (wire_.http_1_0) {
        out += burst;
        return;
    }
    appendChunk(out, burst);
    if (last) out += "0\r\n\r\n";
}

io::Task<bool> Response::flush() {
    return push(false, request_.cancellation != nullptr ? *request_.cancellation : connection());
}

io::Task<bool> Response::push(bool last, io::Cancellation& cancellation) {
    assert(!answered_ && !writing_ && "a stream has one writer and one end");
    if (last) answered_ = true;
    if (tap_ != nullptr) {
        tap_->onBody(pending_);
        if (last) co_await tap_->onEnd(200, kEventStream);
    }
    if (lost_) co_return false;
    if (stream_begun_ && pending_.empty() && !last) co_return true;
    if (silence_timer_ && !last) silence_timer_->armAfter(silence_);
    std::string& out = scratch();
    out.swap(unsent_);  // the rest of a comment goes first
    encodeBurst(out, pending_, last);
    if (pending_.capacity() > kKeptBurst)
        std::string().swap(pending_);
    else
        pending_.clear();
    const bool good = deliver(out);
    if (good) co_return true;
    co_return co_await deliverRest(cancellation);
}

io::Task<void> Response::finishStream() {
    silence_timer_.reset();
    const bool good = co_await push(true, request_.cancellation != nullptr ? *request_.cancellation : connection());
    if (!good) keep_alive_ = false;
}

void Response::keepAliveEvery(std::chrono::milliseconds silence) {
    silence_ = silence;
    silence_timer_.emplace(*request_.loop, [this] { breakSilence(); });
    silence_timer_->armAfter(silence);
}

void Response::breakSilence() {
    if (!silence_timer_) return;
    silence_timer_->armAfter(silence_);
    if (writing_ || lost_) return;
    std::string& out = scratch();
    if (unsent_.empty())
        encodeBurst(out, kComment, false);
    else
        out.swap(unsent_);  // the client has not even taken the last comment
    if (!deliver(out) && lost_ && request_.cancellation != nullptr)
        request_.cancellation->cancel(io::CancelReason::ClientGone);
}

void Response::addErrorHeaders(const Error& error) {
    const int status = httpStatus(error.code());
    if (status == 401) setHeader("WWW-Authenticate", "Bearer");
    if (status == 405) setHeader("Allow", error.detail());
    if (status == 408 || status == 413 || status == 431) keep_alive_ = false;
    if (error.code() == ErrorCode::InsufficientQuota ||
        (error.code() == ErrorCode::IdempotencyConflict && !error.retryAfter()))
        setHeader("x-should-retry", "false");
    if (status != 429 && status != 503 && !error.retryAfter()) return;
    const auto wait = std::chrono::ceil<std::chrono::seconds>(error.retryAfter().value_or(std::chrono::seconds(1)));
    setHeader("Retry-After", std::to_string(std::max<std::int64_t>(wait.count(), 1)));
}

/// A client that takes nothing any more has left, also as far as whoever works for it is concerned.
void Response::lose() noexcept {
    lost_ = true;
    if (request_.cancellation != nullptr) request_.cancellation->cancel(io::CancelReason::ClientGone);
}

io::Task<void> Response::fail(const Error& error) {
    if (answered_) co_return;
    if (request_.access.outcome.empty()) request_.access.outcome = codeName(error.code());
    silence_timer_.reset();
    if (!stream_begun_) {
        pending_.clear();
        addErrorHeaders(error);
        const std::string body = encodeError(error, door_, request_.id);
        co_await sendJson(httpStatus(error.code()), body);
        co_return;
    }
    keep_alive_ = false;
    pending_ += encodeErrorEvent(error, door_, request_.id);
    const bool good = co_await push(true, connection());
    if (!good) lose();
}

}  // namespace gw::http
