#include "upstream/curl_transfer.h"

#include <algorithm>
#include <utility>

#include "upstream/address_guard.h"

namespace gw::upstream {
namespace {

/// A body up to this size is in the socket's buffer as soon as it is sent; a larger one may still be on its way when
/// the first-byte timer fires.
constexpr std::size_t kSentAtOnce = 64u << 10;
/// A buffer that grew beyond this is given back while the transfer waits.
constexpr std::size_t kIdleCapacity = 4u << 10;

bool breaksLine(std::string_view text) noexcept {
    return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
}

std::string_view requestProblem(const plugin_host::OutboundRequest& request) noexcept {
    const auto& path = request.path_and_query;
    // Anything else would be read as a part of the host.
    if (!path.empty() && path.front() != '/' && path.front() != '?') return "a path that does not start with a slash";
    const auto odd = [](const auto& field) {
        return field.first.empty() || field.first.find_first_of(": ") != std::string::npos || breaksLine(field.first) ||
               breaksLine(field.second);
    };
    if (std::ranges::any_of(request.headers, odd)) return "a malformed header field";
    const auto letter = [](char c) { return c >= 'A' && c <= 'Z'; };
    return std::ranges::all_of(request.method, letter) ? "" : "a malformed method";
}

}  // namespace

CurlTransfer::CurlTransfer(std::shared_ptr<CurlLoop> loop, const plugin_host::Endpoint& endpoint,
                           plugin_host::OutboundRequest request, io::Cancellation& cancellation)
    : loop_(std::move(loop)),
      endpoint_(endpoint),
      request_(std::move(request)),
      cancellation_(cancellation),
      changed_(loop_->eventLoop()),
      timer_(loop_->eventLoop(), [this] { onTimer(); }),
      total_due_(loop_->eventLoop().now() + endpoint.total_timeout),
      head_(loop_->options().head_limit) {}

CurlTransfer::~CurlTransfer() {
    if (handle_ != nullptr) loop_->release(std::move(handle_));
}

void CurlTransfer::start() {
    if (cancellation_.requested()) return finish(State::Cancelled);
    const std::string url = endpoint_.base_url + request_.path_and_query;
    std::string_view problem = requestProblem(request_);
    if (problem.empty()) problem = endpoint_.public_addresses_only ? suppliedUrlProblem(url) : urlProblem(url);
    if (!problem.empty()) return finish(State::Refused, problem);
    handle_ = loop_->acquire();
    handle_->prepare(endpoint_, request_, url, loop_->environmentHasProxy());
    handle_->attach(*this);
    attach(cancellation_);
    waitAtMost(endpoint_.connect_timeout);
    loop_->begin(*handle_);
}

io::Task<plugin_host::HeadResult> CurlTransfer::head() {
    while (!head_.complete() && state_ == State::Open) co_await changed_.waitAlways();
    if (!head_.complete()) co_return plugin_host::HeadResult{.state = state_, .head = {}, .detail = detail_};
    const State state = state_ == State::Done ? State::Done : State::Open;
    co_return plugin_host::HeadResult{.state = state, .head = std::move(head_.head()), .detail = {}};
}

io::Task<plugin_host::ChunkResult> CurlTransfer::next() {
    handed_.clear();
    if (handed_.capacity() > kIdleCapacity && incoming_.empty()) std::string().swap(handed_);
    while (incoming_.empty() && state_ == State::Open) co_await changed_.waitAlways();
    if (incoming_.empty()) co_return plugin_host::ChunkResult{.state = state_, .bytes = {}, .detail = detail_};
    takeBuffered();
    co_return plugin_host::ChunkResult{.state = State::Open, .bytes = handed_, .detail = {}};
}

void CurlTransfer::takeBuffered() {
    handed_.swap(incoming_);
    if (!paused_ || handle_ == nullptr) return;
    paused_ = false;
    waitAtMost(endpoint_.idle_timeout);
    // Hands over what curl held back, by way of onBody.
    if (!loop_->unpause(*handle_)) finish(doomed_ == State::Open ? State::Reset : doomed_, detail_);
}

void CurlTransfer::waitAtMost(std::chrono::milliseconds time) {
    timer_.arm(std::min(loop_->eventLoop().now() + time, total_due_));
}

bool CurlTransfer::onConnected(std::string_view /*address*/) {
    phase_ = Phase::AwaitingHead;
    uploaded_ = std::min(request_.body.size(), kSentAtOnce);
    waitAtMost(endpoint_.first_byte_timeout);
    return true;
}

bool CurlTransfer::onHeaderLine(std::string_view line) {
    switch (head_.line(line)) {
        case HeadReader::Step::More: return true;
        case HeadReader::Step::Complete:
            phase_ = Phase::Body;
            waitAtMost(endpoint_.idle_timeout);
            changed_.set();
            return true;
        case HeadReader::Step::TooLarge: doom(State::TooLarge, "the response's head is too large"); return false;
        case HeadReader::Step::Malformed: doom(State::Malformed, head_.problem()); return false;
    }
    return false;
}

std::size_t CurlTransfer::onBody(std::string_view bytes) {
    if (incoming_.size() >= loop_->options().buffer_limit) {
        paused_ = true;
        timer_.arm(total_due_);  // the consumer's slowness is not the upstream's
        return CURL_WRITEFUNC_PAUSE;
    }
    if (bytes.size() > endpoint_.max_response_bytes - received_) {
        doom(State::TooLarge, "the response is larger than allowed");
        return CURL_WRITEFUNC_ERROR;
    }
    received_ += bytes.size();
    incoming_.append(bytes);
    waitAtMost(endpoint_.idle_timeout);
    changed_.set();
    return bytes.size();
}

void CurlTransfer::onDone(CURLcode result) noexcept {
    const State state = stateOf(result);
    if (state == State::Done) return finish(state);
    if (doomed_ != State::Open) return finish(state, detail_);
    const std::string_view text = handle_->errorText();
    finish(state, text.empty() ? std::string_view(curl_easy_strerror(result)) : text);
}

CurlTransfer::State CurlTransfer::stateOf(CURLcode result) const noexcept {
    if (doomed_ != State::Open) return doomed_;
    if (handle_->addressRefused() && phase_ == Phase::Connecting) return State::Refused;
    switch (result) {
        case CURLE_OK:
            return head_.complete() ? State::Done : State::Reset;  // curl takes a head cut short for an answer
        case CURLE_URL_MALFORMAT: return State::Refused;
        case CURLE_COULDNT_RESOLVE_HOST:
        case CURLE_COULDNT_RESOLVE_PROXY: return State::ResolveFailed;
        case CURLE_COULDNT_CONNECT:
        case CURLE_PROXY: return State::ConnectFailed;
        case CURLE_OPERATION_TIMEDOUT: return State::ConnectTimeout;
        case CURLE_SSL_CONNECT_ERROR:
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_CERTPROBLEM:
        case CURLE_SSL_CIPHER:
        case CURLE_SSL_CACERT_BADFILE:
        case CURLE_SSL_ISSUER_ERROR:
        case CURLE_SSL_INVALIDCERTSTATUS:
        case CURLE_USE_SSL_FAILED: return State::TlsFailed;
        case CURLE_UNSUPPORTED_PROTOCOL:  // HTTP/0.9, or no status line at all
        case CURLE_WEIRD_SERVER_REPLY:
        case CURLE_BAD_CONTENT_ENCODING: return State::Malformed;
        case CURLE_OUT_OF_MEMORY:  // also curl's answer to a header line beyond its own limit
            return phase_ == Phase::AwaitingHead ? State::TooLarge : State::Reset;
        default:
            // A proxy's refusal comes as a receive error before the request was sent.
            return phase_ == Phase::Connecting ? State::ConnectFailed : State::Reset;
    }
}

void CurlTransfer::onCancel(io::CancelReason /*reason*/) noexcept {
    finish(State::Cancelled);
}

void CurlTransfer::onTimer() noexcept {
    if (loop_->eventLoop().now() >= total_due_) return finish(State::TotalTimeout);
    switch (phase_) {
        case Phase::Connecting: return finish(State::ConnectTimeout);
        case Phase::AwaitingHead: {
            const std::size_t uploaded = handle_->uploaded();
            if (uploaded <= uploaded_) return finish(State::FirstByteTimeout);
            uploaded_ = uploaded;  // the request has still been on its way: its end counts
            return waitAtMost(endpoint_.first_byte_timeout);
        }
        case Phase::Body: return finish(State::IdleTimeout);
    }
}

void CurlTransfer::doom(State state, std::string_view why) noexcept {
    doomed_ = state;
    detail_ = why;
}

void CurlTransfer::finish(State state, std::string_view detail) noexcept {
    if (state_ != State::Open) return;
    state_ = state;
    if (detail.data() != detail_.data()) detail_ = detail;
    timer_.disarm();
    detach();
    if (handle_ != nullptr) loop_->release(std::move(handle_));
    changed_.set();
}

}  // namespace gw::upstream
