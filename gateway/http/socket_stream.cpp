#include "http/socket_stream.h"

#include <Poco/Exception.h>
#include <Poco/Net/SecureStreamSocket.h>
#include <openssl/err.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <exception>

namespace gw::http {
namespace {

using io::IoState;

/// What a non-blocking TLS socket returns instead of a count; -1 is "wants to read".
constexpr int kWantWrite = Poco::Net::SecureStreamSocket::ERR_SSL_WANT_WRITE;
constexpr std::size_t kMaxLength = 1UL << 30;  // Poco counts in int

Poco::Net::StreamSocket layered(const Poco::Net::StreamSocket& plain, const TlsContext* tls) {
    if (tls == nullptr) return plain;
    return Poco::Net::SecureStreamSocket::attach(plain, tls->current());
}

Poco::Net::StreamSocket unblocked(Poco::Net::StreamSocket socket) {
    socket.setBlocking(false);
    socket.setNoDelay(true);  // an event is one small write, and must not wait for the acknowledgement of the last
    return socket;
}

}  // namespace

SocketStream::SocketStream(io::EventLoop& loop, const Poco::Net::StreamSocket& socket, const TlsContext* tls)
    : plain_(unblocked(socket)),
      socket_(layered(plain_, tls)),
      tls_(tls != nullptr),
      fd_(plain_.impl()->sockfd()),
      readiness_(loop, fd_) {
    if (tls_) socket_.setBlocking(false);
}

SocketStream::~SocketStream() {
    if (tls_) ERR_clear_error();  // the thread's queue is shared by all connections of the loop
}

io::IoResult SocketStream::plainResult(ssize_t result, IoState blocked) noexcept {
    if (result > 0) return {IoState::Done, static_cast<std::size_t>(result)};
    if (result == 0) return {IoState::Eof};
    if (errno == EAGAIN || errno == EINTR) return {blocked};
    failed_ = true;
    return {IoState::Failed};
}

/// Runs one try of the TLS layer, which may want either direction.
template <class F>
io::IoResult SocketStream::tlsResult(F attempt) noexcept {
    try {
        ERR_clear_error();  // another connection's leftover would be read as this one's failure
        const int result = attempt();
        if (result > 0) return {IoState::Done, static_cast<std::size_t>(result)};
        if (result == 0) return {IoState::Eof};
        return {result == kWantWrite ? IoState::WantWrite : IoState::WantRead};
    } catch (const std::exception&) {  // a reset connection, or what is not TLS
        failed_ = true;
        return {IoState::Failed};
    }
}

io::IoResult SocketStream::tryRead(std::span<char> into) {
    if (failed_) return {IoState::Failed};
    if (tls_) {
        const auto length = static_cast<int>(std::min(into.size(), kMaxLength));
        return tlsResult([&] { return socket_.receiveBytes(into.data(), length); });
    }
    if (drained_) return {IoState::WantRead};
    const auto result = plainResult(recv(fd_, into.data(), into.size(), 0), IoState::WantRead);
    const bool took_all =
        result.state == IoState::WantRead || (result.state == IoState::Done && result.bytes < into.size());
    // No other event follows when the peer's end came together with its last bytes.
    drained_ = took_all && !readiness_.peerLeft();
    return result;
}

io::IoResult SocketStream::tryWrite(std::span<const char> from) {
    if (failed_) return {IoState::Failed};
    // Poco 1.11 throws when a plain socket would block, at every burst that a slow client does not take.
    if (!tls_) return plainResult(send(fd_, from.data(), from.size(), MSG_NOSIGNAL), IoState::WantWrite);
    const auto length = static_cast<int>(std::min(from.size(), kMaxLength));
    auto result = tlsResult([&] { return socket_.sendBytes(from.data(), length); });
    if (result.state == IoState::Eof) result.state = IoState::Failed;
    return result;
}

io::Task<bool> SocketStream::ready(IoState wanted, io::Cancellation& cancellation) {
    bool happened = false;
    if (wanted == IoState::WantRead)
        happened = co_await readiness_.readable(cancellation);
    else
        happened = co_await readiness_.writable(cancellation);
    drained_ = false;
    co_return happened;
}

void SocketStream::shutdownWrite() {
    if (failed_) return;
    try {
        if (tls_) socket_.shutdown();  // close_notify alone, as the socket does not block
    } catch (const std::exception&) {
        failed_ = true;  // the handshake had not ended, or the peer is gone
    }
    try {
        plain_.shutdownSend();
    } catch (const std::exception&) {
        failed_ = true;
    }
}

}  // namespace gw::http
