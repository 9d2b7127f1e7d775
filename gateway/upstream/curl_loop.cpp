#include "upstream/curl_loop.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <new>
#include <utility>

namespace gw::upstream {
namespace {

bool anyProxyVariable() {
    for (const char* name : {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"})
        if (const char* value = std::getenv(name); value != nullptr && *value != '\0') return true;
    return false;
}

std::uint32_t epollBits(int what) noexcept {
    return ((what & CURL_POLL_IN) != 0 ? std::uint32_t{EPOLLIN} : 0U) |
           ((what & CURL_POLL_OUT) != 0 ? std::uint32_t{EPOLLOUT} : 0U);
}

}  // namespace

CurlLoop::CurlLoop(io::EventLoop& loop, const UpstreamOptions& options)
    : loop_(loop),
      options_(options),
      multi_(curl_multi_init()),
      timer_(loop, [this] { drive(CURL_SOCKET_TIMEOUT, 0); }),
      environment_proxy_(anyProxyVariable()),
      system_ca_file_(curl_version_info(CURLVERSION_NOW)->cainfo) {
    if (multi_ == nullptr) throw std::bad_alloc();
    curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &CurlLoop::onSocket);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &CurlLoop::onTimer);
    curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
    // One stream at a time, in HTTP/2 too: a paused stream would hold up the others of its connection, and a cancelled
    // one would be reset only when another of them sends.
    curl_multi_setopt(multi_, CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_NOTHING));
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, options_.idle_connections);
    curl_multi_setopt(multi_, CURLMOPT_MAX_TOTAL_CONNECTIONS, options_.max_connections);
    curl_multi_setopt(multi_, CURLMOPT_MAX_HOST_CONNECTIONS, options_.max_connections_per_host);
}

CurlLoop::~CurlLoop() {
    idle_.clear();
    curl_multi_cleanup(multi_);
}

std::unique_ptr<EasyHandle> CurlLoop::acquire() {
    if (idle_.empty()) return std::make_unique<EasyHandle>(*this, options_);
    auto handle = std::move(idle_.back());
    idle_.pop_back();
    return handle;
}

void CurlLoop::begin(EasyHandle& handle) {
    if (curl_multi_add_handle(multi_, handle.easy()) != CURLM_OK) throw std::bad_alloc();
    ++open_;
    drive(CURL_SOCKET_TIMEOUT, 0);
}

void CurlLoop::release(std::unique_ptr<EasyHandle> handle) noexcept {
    if (handle->sink() != nullptr) abandon(*handle);
    if (idle_.size() < options_.idle_handles) idle_.push_back(std::move(handle));
}

void CurlLoop::abandon(EasyHandle& handle) noexcept {
    // Without this an HTTP/2 connection stays open, and curl 7.88 sends the reset of its stream with the next request.
    curl_easy_setopt(handle.easy(), CURLOPT_FORBID_REUSE, 1L);
    curl_multi_remove_handle(multi_, handle.easy());
    curl_easy_setopt(handle.easy(), CURLOPT_FORBID_REUSE, 0L);
    handle.detach();
    --open_;
}

bool CurlLoop::unpause(EasyHandle& handle) noexcept {
    return curl_easy_pause(handle.easy(), CURLPAUSE_CONT) == CURLE_OK;
}

void CurlLoop::drive(curl_socket_t socket, int events) {
    int running = 0;
    curl_multi_socket_action(multi_, socket, events, &running);
    if (std::cmp_not_equal(running, open_)) takeFinished();
}

void CurlLoop::takeFinished() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
        if (message->msg != CURLMSG_DONE) continue;
        CURL* const easy = message->easy_handle;
        const CURLcode result = message->data.result;  // the message goes with the handle
        void* address = nullptr;
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, &address);
        auto& handle = *static_cast<EasyHandle*>(address);
        curl_multi_remove_handle(multi_, easy);
        TransferSink& sink = *handle.sink();
        handle.detach();
        --open_;
        sink.onDone(result);
    }
}

CurlLoop::Socket& CurlLoop::entry(curl_socket_t socket) {
    const auto index = static_cast<std::size_t>(socket);
    if (index >= sockets_.size()) sockets_.resize(index + 64);
    return sockets_[index];
}

curl_socket_t CurlLoop::openSocket(int family, int type, int protocol) {
    const curl_socket_t descriptor = socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
    if (descriptor < 0) return CURL_SOCKET_BAD;
    entry(descriptor) = Socket{.watch = nullptr, .ours = true, .parked = false};
    ++opened_;
    return descriptor;
}

int CurlLoop::closeSocket(void* self, curl_socket_t socket) {
    static_cast<CurlLoop*>(self)->entry(socket) = Socket{};
    return close(socket);
}

int CurlLoop::onSocket(CURL* /*easy*/, curl_socket_t socket, int what, void* self, void* /*unused*/) noexcept {
    static_cast<CurlLoop*>(self)->want(socket, what);
    return 0;
}

int CurlLoop::onTimer(CURLM* /*multi*/, long millis, void* self) {
    io::Timer& timer = static_cast<CurlLoop*>(self)->timer_;
    if (millis < 0)
        timer.disarm();
    else
        timer.armAfter(std::chrono::milliseconds(millis));
    return 0;
}

void CurlLoop::want(curl_socket_t socket, int what) {
    Socket& at = entry(socket);
    if (what == CURL_POLL_REMOVE) {
        at.parked = at.ours && at.watch != nullptr;
        if (at.parked)
            at.watch->change(EPOLLIN);
        else
            at.watch.reset();
        return;
    }
    at.parked = false;
    if (at.watch != nullptr)
        at.watch->change(epollBits(what));
    else
        at.watch = std::make_unique<io::FdWatch>(loop_, socket, epollBits(what),
                                                 [this, socket](std::uint32_t events) { ready(socket, events); });
}

void CurlLoop::ready(curl_socket_t socket, std::uint32_t events) {
    Socket& at = entry(socket);
    if (at.parked) {  // an idle connection ended, or a paused one has more: curl will ask for it again
        at.parked = false;
        at.watch.reset();
        return;
    }
    constexpr std::uint32_t kBroken = EPOLLERR | EPOLLHUP;
    int bits = 0;
    if ((events & (EPOLLIN | kBroken)) != 0) bits |= CURL_CSELECT_IN;
    if ((events & (EPOLLOUT | kBroken)) != 0) bits |= CURL_CSELECT_OUT;
    drive(socket, bits);
}

}  // namespace gw::upstream
