// The other half of the comparison in docs/adr/0002: the same responder on Boost.Asio, one io_context.
//   clang++-19 -O2 -std=c++20 -DBOOST_ASIO_HAS_CO_AWAIT -DBOOST_ASIO_HAS_STD_COROUTINE tests/bench/runtime_asio.cpp -o
//   /tmp/runtime_asio -pthread
#include <array>
#include <boost/asio.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdlib>
#include <string_view>
#include <utility>  // before Boost 1.74, which forgets it

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

asio::awaitable<void> serve(tcp::socket socket) {
    socket.set_option(tcp::no_delay(true));
    asio::steady_timer idle(socket.get_executor());
    std::array<char, 4096> buffer;
    for (;;) {
        idle.expires_after(std::chrono::seconds(60));
        idle.async_wait([&socket](const boost::system::error_code& error) {
            if (!error) socket.cancel();
        });
        boost::system::error_code error;
        const auto n =
            co_await socket.async_read_some(asio::buffer(buffer), asio::redirect_error(asio::use_awaitable, error));
        if (error || n == 0) co_return;
        co_await asio::async_write(socket, asio::buffer(kAnswer), asio::redirect_error(asio::use_awaitable, error));
        if (error) co_return;
    }
}

asio::awaitable<void> listenOn(unsigned short port) {
    const auto executor = co_await asio::this_coro::executor;
    tcp::acceptor acceptor(executor, {asio::ip::make_address("127.0.0.1"), port});
    for (;;) {
        auto socket = co_await acceptor.async_accept(asio::use_awaitable);
        asio::co_spawn(executor, serve(std::move(socket)), asio::detached);
    }
}

}  // namespace

int main(int /*argc*/, char** argv) {
    asio::io_context io(1);
    asio::co_spawn(io, listenOn(static_cast<unsigned short>(std::atoi(argv[1]))), asio::detached);
    io.run();
}
