#pragma once
#include <curl/curl.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "io/event_loop.h"
#include "io/timer.h"
#include "upstream/easy_handle.h"
#include "upstream/options.h"

namespace gw::upstream {

/// curl's multi handle driven by one event loop: its sockets, its timer, its finished transfers, and the handles that
/// wait for reuse. Must be gone before the event loop is. [loop]
class CurlLoop {
public:
    CurlLoop(io::EventLoop& loop, const UpstreamOptions& options);
    CurlLoop(const CurlLoop&) = delete;
    CurlLoop& operator=(const CurlLoop&) = delete;
    ~CurlLoop();

    [[nodiscard]] std::unique_ptr<EasyHandle> acquire();
    /// Begins at once: the sink may hear of progress, and of the end, before this returns.
    void begin(EasyHandle& handle);
    /// Takes back a handle; a request that still runs ends now, and its connection or stream with it.
    void release(std::unique_ptr<EasyHandle> handle) noexcept;
    /// False: what was held back could not be handed over, and the request is to be released.
    [[nodiscard]] bool unpause(EasyHandle& handle) noexcept;

    [[nodiscard]] io::EventLoop& eventLoop() const noexcept { return loop_; }
    [[nodiscard]] const UpstreamOptions& options() const noexcept { return options_; }
    [[nodiscard]] bool environmentHasProxy() const noexcept { return environment_proxy_; }
    [[nodiscard]] const char* systemCaFile() const noexcept { return system_ca_file_; }
    [[nodiscard]] std::uint64_t connectionsOpened() const noexcept { return opened_; }
    [[nodiscard]] std::size_t openTransfers() const noexcept { return open_; }

    // For EasyHandle.
    [[nodiscard]] curl_socket_t openSocket(int family, int type, int protocol);
    static int closeSocket(void* self, curl_socket_t socket);

private:
    /// A descriptor curl uses. One of our own sockets stays watched when curl looks away from an idle connection: the
    /// next request then costs no system call.
    struct Socket {
        std::unique_ptr<io::FdWatch> watch;
        bool ours = false;
        bool parked = false;
    };
    static int onSocket(CURL* easy, curl_socket_t socket, int what, void* self, void* unused) noexcept;
    static int onTimer(CURLM* multi, long millis, void* self);
    void want(curl_socket_t socket, int what);
    void ready(curl_socket_t socket, std::uint32_t events);
    void drive(curl_socket_t socket, int events);
    void takeFinished();
    void abandon(EasyHandle& handle) noexcept;
    [[nodiscard]] Socket& entry(curl_socket_t socket);

    io::EventLoop& loop_;
    UpstreamOptions options_;
    CURLM* multi_;
    io::Timer timer_;
    std::vector<Socket> sockets_;  // by descriptor
    std::vector<std::unique_ptr<EasyHandle>> idle_;
    std::uint64_t opened_ = 0;
    std::size_t open_ = 0;
    bool environment_proxy_ = false;
    const char* system_ca_file_ = nullptr;
};

}  // namespace gw::upstream
