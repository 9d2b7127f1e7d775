#include "http/server.h"

#include <Poco/Net/StreamSocket.h>
#include <Poco/Net/StreamSocketImpl.h>

#include <csignal>
#include <exception>
#include <utility>

#include "base/ids.h"
#include "http/error_codec.h"
#include "http/input.h"
#include "http/socket_stream.h"
#include "observability/log.h"

namespace gw::http {
namespace {

/// How long a refused client gets to read why.
constexpr std::chrono::milliseconds kRefusalTime{500};
/// More refusals than this at once are closed without a word.
constexpr std::size_t kMaxRefusals = 1000;
/// For the answers to "shutting down" after the drain's limit.
constexpr std::chrono::seconds kLastWords{2};

std::string overloadAnswer() {
    const RequestId id(newId("req_", SystemClock().wall()));
    const std::string body = encodeError(Error(ErrorCode::Unavailable, "too many connections"), Door::Native, id);
    return "HTTP/1.1 503 Service Unavailable\r\nX-Request-Id: " + id.str() +
           "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\nRetry-After: 1\r\nConnection: close\r\n\r\n" + body;
}

/// Over the limit of connections: a word before the end, which waits for the client's own end so that it is not reset.
io::Task<void> refuse(io::EventLoop& loop, std::unique_ptr<io::ByteStream> stream, std::atomic<std::size_t>& count) {
    io::Cancellation over;
    const io::Deadline deadline(loop, over, kRefusalTime);
    const std::string answer = overloadAnswer();
    std::uint64_t sent = 0;
    const WriteRules rules{loop, over, kRefusalTime, sent};
    const bool good = co_await writeAll(*stream, answer, rules);
    stream->shutdownWrite();
    Input input(*stream);
    for (bool open = good; open;) {
        std::string_view bytes;
        const auto state = input.peek(bytes);
        if (state == io::IoState::Done)
            input.take(bytes.size());
        else
            open = state != io::IoState::Eof && state != io::IoState::Failed && co_await stream->ready(state, over);
    }
    count.fetch_sub(1, std::memory_order_relaxed);
}

}  // namespace

Server::Server(HttpOptions options, const Router& router, Finished finished, const TlsContext* tls)
    : service_(std::make_shared<Service>(std::move(options), router, std::move(finished))), tls_(tls) {
    // OpenSSL writes without MSG_NOSIGNAL: a client that leaves must not end the process.
    std::signal(SIGPIPE, SIG_IGN);
}

Server::~Server() = default;

void Server::start(const io::LoopGroup& loops) {
    loops_ = &loops;
    for (std::size_t i = 0; i < loops.size(); ++i) seats_.push_back(std::make_unique<Seat>(Seat{&loops[i], {}}));
    const auto& options = service_->options;
    listeners_.push_back(listen(0, options.port));
    port_ = listeners_.front()->port();
    for (std::size_t i = 1; options.reuse_port && i < seats_.size(); ++i) listeners_.push_back(listen(i, port_));
    for (std::size_t i = 0; i < listeners_.size(); ++i) {
        auto& loop = *seats_[i]->loop;
        loop.post([&loop, listener = listeners_[i]] { loop.spawn(Listener::run(listener, loop)); });
    }
}

std::shared_ptr<Listener> Server::listen(std::size_t seat, std::uint16_t port) {
    const bool own = service_->options.reuse_port;
    return std::make_shared<Listener>(
        service_->options, port, [this, own, &here = *seats_[seat]](int descriptor, std::string peer) {
            Seat& there = own ? here : nextSeat();
            if (&there == &here) return adopt(there, descriptor, std::move(peer));
            there.loop->post([this, &there, descriptor, peer = std::move(peer)] { adopt(there, descriptor, peer); });
        });
}

Server::Seat& Server::nextSeat() noexcept {
    return *seats_[turn_.fetch_add(1, std::memory_order_relaxed) % seats_.size()];
}

/// On the seat's loop, where the socket object is made and ends: the accepting loop keeps no share in it.
void Server::adopt(Seat& seat, int descriptor, std::string peer) {
    try {
        const Poco::Net::StreamSocket socket(new Poco::Net::StreamSocketImpl(descriptor));
        auto stream = std::make_unique<SocketStream>(*seat.loop, socket, tls_);
        if (service_->open.load(std::memory_order_relaxed) < service_->options.max_connections) {
            auto connection =
                std::make_unique<Connection>(service_, seat.roster, *seat.loop, std::move(stream), std::move(peer));
            seat.loop->spawn(Connection::run(std::move(connection)));
        } else if (refusing_.fetch_add(1, std::memory_order_relaxed) < kMaxRefusals) {
            seat.loop->spawn(refuse(*seat.loop, std::move(stream), refusing_));
        } else {
            refusing_.fetch_sub(1, std::memory_order_relaxed);
        }
    } catch (const std::exception& error) {  // the peer is gone already, or the kernel is out of memory
        observability::log(observability::Level::Debug, "http", "a connection could not be set up",
                           {{"reason", error.what()}});
    }
}

void Server::stopAccepting() {
    if (listeners_.empty()) return;
    loops_->onEach([this](std::size_t i) {
        if (i < listeners_.size()) listeners_[i]->stop();
    });
    listeners_.clear();
}

void Server::onEachConnection(void (*action)(Connection&)) const {
    loops_->onEach([this, action](std::size_t i) {
        for (Connection* each = seats_[i]->roster.first; each != nullptr; each = each->next()) action(*each);
    });
}

bool Server::waitUntilEmpty(std::chrono::milliseconds limit) const {
    std::unique_lock lock(service_->mutex);
    return service_->closed.wait_for(lock, limit, [this] { return service_->open.load() == 0; });
}

void Server::drain(std::chrono::milliseconds limit) {
    if (loops_ == nullptr) return;
    stopAccepting();
    service_->draining = true;
    onEachConnection([](Connection& connection) { connection.closeWhenIdle(); });
    if (waitUntilEmpty(limit)) return;
    onEachConnection([](Connection& connection) { connection.abort(); });
    if (!waitUntilEmpty(kLastWords))
        observability::log(observability::Level::Error, "http", "connections are left that do not end",
                           {{"count", std::to_string(connections())}});
}

}  // namespace gw::http
