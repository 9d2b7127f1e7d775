#include "http/listener.h"

#include <Poco/Exception.h>
#include <Poco/Net/StreamSocketImpl.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "io/readiness.h"
#include "io/timer.h"
#include "observability/log.h"

namespace gw::http {
namespace {

/// Accepts per turn: a flood of connections must not keep the loop from those it has.
constexpr int kBurst = 64;
/// Without descriptors the kernel says "readable" all the time; asking this seldom costs nothing.
constexpr std::chrono::milliseconds kPause{100};
constexpr std::chrono::seconds kComplaint{10};

std::string addressText(const sockaddr_storage& address, socklen_t length) {
    constexpr std::string_view kMapped = "::ffff:";
    std::string text = Poco::Net::SocketAddress(reinterpret_cast<const sockaddr*>(&address), length).host().toString();
    if (text.starts_with(kMapped) && text.find('.') != std::string::npos) text.erase(0, kMapped.size());
    return text;
}

}  // namespace

Listener::Listener(const HttpOptions& options, std::uint16_t port, Accepted accepted) : accepted_(std::move(accepted)) {
    try {
        socket_.bind(Poco::Net::SocketAddress(options.address, port), true, options.reuse_port);
        socket_.listen(options.backlog);
        socket_.setBlocking(false);
    } catch (const Poco::Exception& error) {
        throw std::runtime_error("cannot listen on " + options.address + ":" + std::to_string(port) + ": " +
                                 error.displayText());
    }
}

io::Task<void> Listener::run(std::shared_ptr<Listener> self, io::EventLoop& loop) {
    io::Readiness readiness(loop, self->socket_.impl()->sockfd());
    while (!self->stopped_.requested()) {
        const Queue queue = self->acceptSome();
        if (queue == Queue::Empty)
            co_await readiness.readable(self->stopped_);
        else
            co_await io::sleepFor(loop, queue == Queue::More ? std::chrono::milliseconds(0) : kPause, self->stopped_);
    }
    self->socket_.close();
}

void Listener::stop() {
    while (acceptSome() == Queue::More) {
    }
    stopped_.cancel(io::CancelReason::Shutdown);
}

Listener::Queue Listener::acceptSome() {
    for (int i = 0; i < kBurst; ++i) {
        sockaddr_storage address{};
        socklen_t length = sizeof address;
        // Poco's acceptConnection() throws on an empty queue, which is how every burst ends.
        const int fd = accept4(socket_.impl()->sockfd(), reinterpret_cast<sockaddr*>(&address), &length,
                               SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            const Queue queue = explain(errno);
            if (queue == Queue::More) continue;
            return queue;
        }
        accepted_(fd, addressText(address, length));
    }
    return Queue::More;
}

Listener::Queue Listener::explain(int error) {
    if (error == EAGAIN) return Queue::Empty;
    if (error != EMFILE && error != ENFILE && error != ENOBUFS && error != ENOMEM)
        return Queue::More;  // the next in the queue may be better: this one was reset, or a firewall said no
    const auto now = std::chrono::steady_clock::now();
    if (now - complained_ > kComplaint) {
        complained_ = now;
        const std::string reason = std::system_category().message(error);
        observability::log(observability::Level::Error, "http", "cannot accept connections", {{"reason", reason}});
    }
    return Queue::NoDescriptors;
}

}  // namespace gw::http
