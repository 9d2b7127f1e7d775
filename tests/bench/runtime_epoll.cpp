// One half of the comparison in docs/adr/0002: a keep-alive HTTP responder on gateway/io, one loop.
//   clang++-19 -O2 -std=c++20 -Igateway tests/bench/runtime_epoll.cpp gateway/io/*.cpp gateway/base/*.cpp -o
//   /tmp/runtime_epoll -pthread
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string_view>

#include "io/cancellation.h"
#include "io/event_loop.h"
#include "io/readiness.h"
#include "io/timer.h"

using namespace gw::io;

namespace {

constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

Task<ssize_t> readSome(Readiness& ready, int fd, std::array<char, 4096>& into, Cancellation& cancellation) {
    for (;;) {
        const auto n = read(fd, into.data(), into.size());
        if (n >= 0 || errno != EAGAIN) co_return n;
        if (!co_await ready.readable(cancellation)) co_return -1;
    }
}

Task<void> serve(EventLoop& loop, int fd) {
    Readiness ready(loop, fd);
    Cancellation cancellation;
    Deadline idle(loop, cancellation, std::chrono::seconds(60));
    std::array<char, 4096> buffer;
    while (co_await readSome(ready, fd, buffer, cancellation) > 0) {
        idle.extend(std::chrono::seconds(60));
        if (write(fd, kAnswer.data(), kAnswer.size()) < 0) break;
    }
    close(fd);
}

Task<void> listenOn(EventLoop& loop, int fd) {
    Readiness ready(loop, fd);
    Cancellation never;
    for (;;) {
        const int client = accept4(fd, nullptr, nullptr, SOCK_NONBLOCK);
        if (client < 0) {
            co_await ready.readable(never);
            continue;
        }
        const int on = 1;
        setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        loop.spawn(serve(loop, client));
    }
}

}  // namespace

int main(int /*argc*/, char** argv) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    const int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(argv[1])));
    if (bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || listen(fd, 1024) != 0) return 1;
    EventLoop loop;
    loop.spawn(listenOn(loop, fd));
    loop.run();
}
