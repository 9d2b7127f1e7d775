#pragma once
#include <Poco/Net/StreamSocket.h>
#include <sys/types.h>

#include "http/tls_context.h"
#include "io/byte_stream.h"
#include "io/readiness.h"

namespace gw::http {

/// An accepted connection, plain or TLS (whose handshake is part of the first tries). Owns the socket. [loop]
class SocketStream final : public io::ByteStream {
public:
    /// `tls` is null for plain HTTP.
    SocketStream(io::EventLoop& loop, const Poco::Net::StreamSocket& socket, const TlsContext* tls);
    ~SocketStream() override;

    [[nodiscard]] io::IoResult tryRead(std::span<char> into) override;
    [[nodiscard]] io::IoResult tryWrite(std::span<const char> from) override;
    [[nodiscard]] io::Task<bool> ready(io::IoState wanted, io::Cancellation& cancellation) override;
    void cancelWhenPeerLeaves(io::Cancellation* cancellation) override {
        readiness_.cancelWhenPeerLeaves(cancellation);
    }
    void shutdownWrite() override;

private:
    [[nodiscard]] io::IoResult plainResult(ssize_t result, io::IoState blocked) noexcept;
    template <class F>
    [[nodiscard]] io::IoResult tlsResult(F attempt) noexcept;

    Poco::Net::StreamSocket plain_;
    Poco::Net::StreamSocket socket_;  // the TLS layer over plain_, or plain_ itself
    bool tls_;
    int fd_;  // of plain_
    bool failed_ = false;
    bool drained_ = false;  // the last read took all there was: the next one waits for an event first
    io::Readiness readiness_;
};

}  // namespace gw::http
