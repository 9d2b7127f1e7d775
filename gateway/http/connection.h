#pragma once
#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "http/body_reader.h"
#include "http/head_parser.h"
#include "http/input.h"
#include "http/options.h"
#include "http/response.h"
#include "http/router.h"
#include "io/byte_stream.h"
#include "io/event_loop.h"
#include "io/timer.h"

namespace gw::http {

/// Called once per request when it is over, also for one that never got beyond its head: access log and metrics. Must
/// not throw. [loop]
using Finished = std::function<void(const Request&)>;

/// What the connections of one server share; the last of them ends it. [any]
struct Service {
    Service(HttpOptions the_options, const Router& the_router, Finished the_finished)
        : options(std::move(the_options)), router(the_router), finished(std::move(the_finished)) {}

    const HttpOptions options;
    const Router& router;
    const Finished finished;
    std::atomic<std::size_t> open{0};
    std::atomic<bool> draining{false};
    std::mutex mutex;
    std::condition_variable closed;  // while draining: a connection is gone
};

class Connection;

/// The connections of one loop. [loop]
struct Roster {
    Connection* first = nullptr;
};

/// One client, for the connection's whole life: one coroutine reads, routes, answers and goes on. Owned by that
/// coroutine, which the listener spawns on the loop that got the socket. [loop]
///
/// Half-close: a client that closes its writing side after its request has left as far as waiting is concerned: what
/// waits for an upstream or a worker is called off (ClientGone), and it gets no answer. What is answered without a wait
/// is still sent. On TLS likewise.
class Connection {
public:
    Connection(std::shared_ptr<Service> service, Roster& roster, io::EventLoop& loop,
               std::unique_ptr<io::ByteStream> stream, std::string peer);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection();

    /// Serves until either side ends the connection.
    [[nodiscard]] static io::Task<void> run(std::unique_ptr<Connection> connection);

    /// Draining: between two requests it closes now, otherwise after the one that runs.
    void closeWhenIdle() noexcept;
    /// Draining is over: whatever runs is called off with Shutdown.
    void abort() noexcept { root_.cancel(io::CancelReason::Shutdown); }
    [[nodiscard]] Connection* next() const noexcept { return next_; }

private:
    using Refusal = std::optional<Error>;
    enum class Phase : std::uint8_t { Idle, Head, Body, Handler };
    class Waiting;

    [[nodiscard]] io::Task<void> serve();
    [[nodiscard]] io::Task<bool> awaitRequest();
    [[nodiscard]] io::Task<bool> serveOne();
    [[nodiscard]] io::Task<bool> readHead(Request& request, Refusal& refusal);
    [[nodiscard]] bool feedHead(Request& request, Refusal& refusal, io::IoState& state);
    [[nodiscard]] bool feedBody(Request& request, Refusal& refusal, io::IoState& state);
    [[nodiscard]] Refusal route(Request& request, Response& response, Handler*& handler) const;
    [[nodiscard]] io::Task<Refusal> readBody(Request& request);
    [[nodiscard]] io::Task<Refusal> answer(Handler& handler, Request& request, Response& response);
    [[nodiscard]] io::Task<bool> conclude(Request& request, Response& response, const Refusal& refusal);
    [[nodiscard]] io::Task<bool> dropBody();
    [[nodiscard]] io::Task<void> linger();

    void nameRequest(Request& request) const;
    void arm(Phase phase, MonoTime due);
    void onTimer();
    [[nodiscard]] MonoTime bodyDue() const;

    std::shared_ptr<Service> service_;
    Roster& roster_;
    Connection* previous_ = nullptr;
    Connection* next_ = nullptr;
    io::EventLoop& loop_;
    std::unique_ptr<io::ByteStream> stream_;
    std::string peer_;
    Input input_;
    HeadParser parser_;
    BodyReader body_;
    io::Cancellation root_;                // Shutdown at the end of draining
    io::Cancellation* waiting_ = nullptr;  // what the timer cancels
    io::Timer timer_;
    Phase phase_ = Phase::Head;
    bool first_ = true;  // no request yet
    MonoTime accepted_;
    MonoTime body_begun_;
    std::uint64_t body_bytes_ = 0;
};

}  // namespace gw::http
