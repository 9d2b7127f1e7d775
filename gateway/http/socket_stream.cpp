#include "http/socket_stream.h"

#include <Poco/Exception.h>
#include <Poco/Net/SecureStreamSocket.h>
#include <openssl/err.h>
#include <sys/socket.h>

#include <algorithm>
#include <exception>
#include <utility>

namespace gw::http {
namespace {

using io::IoState;

/// What a non-blocking TLS socket returns instead of a count, as it does -1 for "wants to read". On a plain one, -1 is
/// "would block", whichever way.
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

SocketStream::SocketStream(io::EventLoop& loop, Poco::Net::StreamSocket socket, const TlsContext* tls)
    : plain_(unblocked(std::move(socket))),
      socket_(layered(plain_, tls)),
      tls_(tls != nullptr),
      readiness_(loop, plain_.impl()->sockfd()) {
    if (tls_) socket_.setBlocking(false);
}

SocketStream::~SocketStream() {
    if (tls_) ERR_clear_error();  // the thread's queue is shared by all connections of the loop
}

io::IoResult SocketStream::verdict(int result, IoState blocked) const noexcept {
    if (result > 0) return {IoState::Done, static_cast<std::size_t>(result)};
    if (result == 0) return {IoState::Eof};
    if (!tls_) return {blocked};
    return {result == kWantWrite ? IoState::WantWrite : IoState::WantRead};
}

io::IoResult SocketStream::tryRead(std::span<char> into) {
    if (failed_) return {IoState::Failed};
    if (drained_) return {IoState::WantRead};
    const auto length = static_cast<int>(std::min(into.size(), kMaxLength));
    try {
        if (tls_) ERR_clear_error();  // another connection's leftover would be read as this one's failure
        const auto result = verdict(socket_.receiveBytes(into.data(), length), IoState::WantRead);
        // A TLS record may hold more than the buffer took, and no event tells of it.
        drained_ = !tls_ &&
                   (result.state == IoState::WantRead || (result.state == IoState::Done && result.bytes < into.size()));
        return result;
    } catch (const std::exception&) {  // Poco throws on a reset connection and on what is not TLS
        failed_ = true;
        return {IoState::Failed};
    }
}

io::IoResult SocketStream::tryWrite(std::span<const char> from) {
    if (failed_) return {IoState::Failed};
    const auto length = static_cast<int>(std::min(from.size(), kMaxLength));
    try {
        if (tls_) ERR_clear_error();
        auto result = verdict(socket_.sendBytes(from.data(), length, MSG_NOSIGNAL), IoState::WantWrite);
        if (result.state == IoState::Eof) result.state = IoState::Failed;
        return result;
    } catch (const std::exception&) {
        failed_ = true;
        return {IoState::Failed};
    }
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
