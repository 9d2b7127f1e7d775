#pragma once
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace gw::test {

/// A blocking client that says exactly what it is told, bounded in time.
class RawClient {
public:
    explicit RawClient(std::uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        connected_ = connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
        const int one = 1;
        setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    }
    RawClient(const RawClient&) = delete;
    RawClient& operator=(const RawClient&) = delete;
    ~RawClient() { ::close(fd_); }

    [[nodiscard]] bool connected() const { return connected_; }
    [[nodiscard]] int fd() const { return fd_; }
    bool send(std::string_view bytes) const {
        while (!bytes.empty()) {
            const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }
    void finish() const { shutdown(fd_, SHUT_WR); }
    /// Everything until the server closes or the time is over.
    std::string readAll(std::chrono::milliseconds limit = std::chrono::seconds(5)) { return read({}, limit); }
    /// Until `mark` has been seen; what came after it is returned as well.
    std::string readUntil(std::string_view mark, std::chrono::milliseconds limit = std::chrono::seconds(5)) {
        return read(mark, limit);
    }
    /// Whether the server has closed (after readAll).
    [[nodiscard]] bool closed() const { return closed_; }
    [[nodiscard]] bool wasReset() const { return reset_; }

private:
    std::string read(std::string_view mark, std::chrono::milliseconds limit) {
        const auto until = std::chrono::steady_clock::now() + limit;
        std::string all;
        while (mark.empty() || all.find(mark) == std::string::npos) {
            const auto left =
                std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
            pollfd wait{fd_, POLLIN, 0};
            if (left.count() <= 0 || poll(&wait, 1, static_cast<int>(left.count())) <= 0) break;
            char buffer[16384];
            const auto count = recv(fd_, buffer, sizeof buffer, 0);
            if (count <= 0) {
                closed_ = true;
                reset_ = count < 0;
                break;
            }
            all.append(buffer, static_cast<std::size_t>(count));
        }
        return all;
    }

    int fd_;
    bool connected_ = false;
    bool closed_ = false;
    bool reset_ = false;
};

inline std::size_t count(std::string_view text, std::string_view what) {
    std::size_t found = 0;
    for (std::size_t at = text.find(what); at != std::string_view::npos; at = text.find(what, at + what.size()))
        ++found;
    return found;
}

}  // namespace gw::test
