#pragma once
#include <curl/curl.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "plugin_host/outbound.h"
#include "upstream/options.h"

namespace gw::upstream {

class CurlLoop;

/// What one request wants to hear of its progress. Called inside curl: implementations note and return, they never
/// destroy a handle. [loop]
class TransferSink {
public:
    virtual ~TransferSink() = default;
    /// Connected to `address`, the request goes out now. False aborts.
    [[nodiscard]] virtual bool onConnected(std::string_view address) = 0;
    /// False aborts.
    [[nodiscard]] virtual bool onHeaderLine(std::string_view line) = 0;
    /// Bytes taken, or CURL_WRITEFUNC_PAUSE, or CURL_WRITEFUNC_ERROR.
    [[nodiscard]] virtual std::size_t onBody(std::string_view bytes) = 0;
    /// The end, outside of curl and after the handle left the loop.
    virtual void onDone(CURLcode result) noexcept = 0;
};

/// A curl easy handle that is used for many requests, and sets only those options that differ from its last one. [loop]
class EasyHandle {
public:
    EasyHandle(CurlLoop& loop, const UpstreamOptions& options);
    EasyHandle(const EasyHandle&) = delete;
    EasyHandle& operator=(const EasyHandle&) = delete;
    ~EasyHandle() { curl_easy_cleanup(easy_); }

    /// Endpoint, request and sink must stay until the handle is idle again. `env_proxy`: the environment names proxies.
    void prepare(const plugin_host::Endpoint& endpoint, const plugin_host::OutboundRequest& request,
                 std::string_view url, bool env_proxy);
    void attach(TransferSink& sink) noexcept;
    void detach() noexcept { sink_ = nullptr; }

    [[nodiscard]] CURL* easy() const noexcept { return easy_; }
    [[nodiscard]] TransferSink* sink() const noexcept { return sink_; }
    [[nodiscard]] bool addressRefused() const noexcept { return address_refused_; }
    [[nodiscard]] std::string_view errorText() const noexcept { return error_.data(); }
    [[nodiscard]] std::size_t uploaded() const noexcept;

private:
    template <class T>
    void set(CURLoption option, T value);
    void setFixed(const UpstreamOptions& options);
    void setEndpoint(const plugin_host::Endpoint& endpoint, bool env_proxy);
    void setMethod(const plugin_host::OutboundRequest& request);
    void setHeaders(const plugin_host::OutboundRequest& request);
    static curl_socket_t openSocket(void* self, curlsocktype purpose, curl_sockaddr* address);
    static int connected(void* self, char* primary_ip, char* local_ip, int primary_port, int local_port);
    static std::size_t headerLine(char* bytes, std::size_t one, std::size_t size, void* self);
    static std::size_t body(char* bytes, std::size_t one, std::size_t size, void* self);

    CurlLoop& loop_;
    CURL* easy_;
    TransferSink* sink_ = nullptr;
    bool address_refused_ = false;
    // What the handle was last set to.
    plugin_host::Endpoint endpoint_;
    bool endpoint_set_ = false;
    std::string url_;
    std::string method_;
    // The header list in one piece: curl only reads it.
    std::string header_text_;
    std::vector<curl_slist> header_list_;
    std::array<char, CURL_ERROR_SIZE> error_{};
};

}  // namespace gw::upstream
