#pragma once
#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/StreamSocket.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "http/options.h"
#include "io/cancellation.h"
#include "io/event_loop.h"
#include "io/task.h"

namespace gw::http {

/// One listening socket on one loop. Made on any thread, then [loop].
class Listener {
public:
    /// Gets every accepted socket and the peer's address as text.
    using Accepted = std::function<void(int descriptor, std::string peer)>;

    /// Binds and listens, so that connections queue from here on. Throws std::runtime_error for the operator.
    Listener(const HttpOptions& options, std::uint16_t port, Accepted accepted);
    [[nodiscard]] std::uint16_t port() const { return socket_.address().port(); }

    /// Accepts until stop(). Spawned: the coroutine shares the listener.
    [[nodiscard]] static io::Task<void> run(std::shared_ptr<Listener> self, io::EventLoop& loop);
    /// Takes what still queues in the kernel, so that nobody who got through is reset, and closes.
    void stop();

private:
    enum class Queue : std::uint8_t { Empty, More, NoDescriptors };
    [[nodiscard]] Queue acceptSome();
    [[nodiscard]] Queue explain(int error);

    Poco::Net::ServerSocket socket_;
    Accepted accepted_;
    io::Cancellation stopped_;
    std::chrono::steady_clock::time_point complained_;
};

}  // namespace gw::http
