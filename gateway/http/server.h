#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "http/connection.h"
#include "http/listener.h"
#include "http/options.h"
#include "http/router.h"
#include "http/tls_context.h"
#include "io/loop_group.h"

namespace gw::http {

/// One address that speaks HTTP, on all loops of the group. Router, handlers and TLS context are borrowed and outlive
/// it. Order at the end: drain(), then the loops stop, then this ends. [main]
class Server {
public:
    /// `tls` null: plain HTTP.
    Server(HttpOptions options, const Router& router, Finished finished, const TlsContext* tls = nullptr);
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    ~Server();

    /// Throws std::runtime_error when the address is not to be had. The loops must outlive drain().
    void start(const io::LoopGroup& loops);
    /// The real one, also when the options say 0.
    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    [[nodiscard]] std::size_t connections() const noexcept { return service_->open.load(); }  // [any]

    /// Closes the listening sockets; who got through is served.
    void stopAccepting();
    /// Stops accepting, closes what is idle, lets the rest finish its answer for at most `limit`, then calls it off
    /// with Shutdown. Blocks the calling thread until no connection is left (or calling off did not help either).
    void drain(std::chrono::milliseconds limit);

private:
    struct Seat {
        io::EventLoop* loop = nullptr;
        Roster roster;
    };
    [[nodiscard]] std::shared_ptr<Listener> listen(std::size_t seat, std::uint16_t port);
    void adopt(Seat& seat, int descriptor, std::string peer);
    [[nodiscard]] Seat& nextSeat() noexcept;
    void onEachConnection(void (*action)(Connection&)) const;
    [[nodiscard]] bool waitUntilEmpty(std::chrono::milliseconds limit) const;

    std::shared_ptr<Service> service_;
    const TlsContext* tls_;
    const io::LoopGroup* loops_ = nullptr;
    std::vector<std::unique_ptr<Seat>> seats_;
    std::vector<std::shared_ptr<Listener>> listeners_;
    std::atomic<std::size_t> turn_{0};
    std::atomic<std::size_t> refusing_{0};
    std::uint16_t port_ = 0;
};

}  // namespace gw::http
