#include "upstream/easy_handle.h"

#include <algorithm>
#include <new>

#include "upstream/address_guard.h"
#include "upstream/curl_loop.h"

namespace gw::upstream {
namespace {

/// Framing and connection are this side's affair, and no coding is asked for.
constexpr std::array<std::string_view, 10> kOwnHeaders{"accept-encoding",   "connection", "content-length",   "expect",
                                                       "keep-alive",        "te",         "proxy-connection", "trailer",
                                                       "transfer-encoding", "upgrade"};

bool sameConnectionOptions(const plugin_host::Endpoint& a, const plugin_host::Endpoint& b) {
    return a.verify_tls == b.verify_tls && a.http2 == b.http2 && a.public_addresses_only == b.public_addresses_only &&
           a.proxy == b.proxy && a.ca_file == b.ca_file && a.base_url == b.base_url;
}

}  // namespace

template <class T>
void EasyHandle::set(CURLoption option, T value) {
    // Every option used here exists in the oldest supported curl, so that only memory can be missing.
    if (curl_easy_setopt(easy_, option, value) != CURLE_OK) throw std::bad_alloc();
}

EasyHandle::EasyHandle(CurlLoop& loop, const UpstreamOptions& options) : loop_(loop), easy_(curl_easy_init()) {
    if (easy_ == nullptr) throw std::bad_alloc();
    setFixed(options);
}

void EasyHandle::setFixed(const UpstreamOptions& options) {
    set(CURLOPT_PRIVATE, static_cast<void*>(this));
    set(CURLOPT_ERRORBUFFER, error_.data());
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_QUICK_EXIT, 1L);  // a cancelled request does not wait for its resolver thread
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_HEADEROPT, static_cast<long>(CURLHEADER_SEPARATE));
    set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    set(CURLOPT_TCP_KEEPALIVE, 1L);
    set(CURLOPT_BUFFERSIZE, static_cast<long>(options.read_size));
    set(CURLOPT_MAXAGE_CONN, static_cast<long>(options.idle_age.count()));
    set(CURLOPT_MAXLIFETIME_CONN, static_cast<long>(options.connection_life.count()));
    set(CURLOPT_CONNECTTIMEOUT_MS, 3'600'000L);  // the transfer's own timer decides, and comes first
    set(CURLOPT_OPENSOCKETFUNCTION, &EasyHandle::openSocket);
    set(CURLOPT_OPENSOCKETDATA, static_cast<void*>(this));
    set(CURLOPT_CLOSESOCKETFUNCTION, &CurlLoop::closeSocket);
    set(CURLOPT_CLOSESOCKETDATA, static_cast<void*>(&loop_));
    set(CURLOPT_PREREQFUNCTION, &EasyHandle::connected);
    set(CURLOPT_PREREQDATA, static_cast<void*>(this));
    set(CURLOPT_HEADERFUNCTION, &EasyHandle::headerLine);
    set(CURLOPT_HEADERDATA, static_cast<void*>(this));
    set(CURLOPT_WRITEFUNCTION, &EasyHandle::body);
    set(CURLOPT_WRITEDATA, static_cast<void*>(this));
}

void EasyHandle::attach(TransferSink& sink) noexcept {
    sink_ = &sink;
    address_refused_ = false;
    error_[0] = '\0';
}

void EasyHandle::prepare(const plugin_host::Endpoint& endpoint, const plugin_host::OutboundRequest& request,
                         std::string_view url, bool env_proxy) {
    if (!endpoint_set_ || !sameConnectionOptions(endpoint, endpoint_)) setEndpoint(endpoint, env_proxy);
    if (url != url_) {
        url_ = url;
        set(CURLOPT_URL, url_.c_str());
    }
    setMethod(request);
    setHeaders(request);
}

void EasyHandle::setEndpoint(const plugin_host::Endpoint& endpoint, bool env_proxy) {
    endpoint_set_ = false;
    set(CURLOPT_SSL_VERIFYPEER, endpoint.verify_tls ? 1L : 0L);
    set(CURLOPT_SSL_VERIFYHOST, endpoint.verify_tls ? 2L : 0L);
    if (!endpoint.ca_file.empty()) {
        set(CURLOPT_CAINFO, endpoint.ca_file.c_str());
    } else if (!endpoint_.ca_file.empty()) {
        set(CURLOPT_CAINFO, loop_.systemCaFile());
    }
    set(CURLOPT_HTTP_VERSION, static_cast<long>(endpoint.http2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1));
    // A proxy would resolve the name itself, where the guard sees nothing. An empty text also spares curl its look
    // into the environment.
    const char* proxy = "";
    if (!endpoint.public_addresses_only && !endpoint.proxy.empty()) proxy = endpoint.proxy.c_str();
    if (!endpoint.public_addresses_only && endpoint.proxy.empty() && env_proxy) proxy = nullptr;
    set(CURLOPT_PROXY, proxy);
    endpoint_ = endpoint;
    endpoint_set_ = true;
}

void EasyHandle::setMethod(const plugin_host::OutboundRequest& request) {
    const bool has_body = !request.body.empty() || request.method == "POST";
    if (has_body) {
        set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
        set(CURLOPT_POSTFIELDS, request.body.data());
    }
    std::string wanted = request.method;
    if (has_body && wanted != "POST") wanted += '+';
    if (wanted == method_) return;
    method_ = std::move(wanted);
    if (request.method == "HEAD") {
        set(CURLOPT_NOBODY, 1L);
    } else if (has_body) {
        set(CURLOPT_NOBODY, 0L);
        set(CURLOPT_POST, 1L);
    } else {
        set(CURLOPT_NOBODY, 0L);
        set(CURLOPT_HTTPGET, 1L);
    }
    const bool usual = request.method == "HEAD" || request.method == (has_body ? "POST" : "GET");
    set(CURLOPT_CUSTOMREQUEST, usual ? nullptr : request.method.c_str());
}

void EasyHandle::setHeaders(const plugin_host::OutboundRequest& request) {
    header_text_.clear();
    header_list_.clear();
    std::size_t lines = 0;
    bool type_given = false;
    for (const auto& [name, value] : request.headers) {
        if (std::ranges::find(kOwnHeaders, name) != kOwnHeaders.end()) continue;
        type_given = type_given || name == "content-type";
        header_text_.append(name).append(value.empty() ? ";" : ": ").append(value).push_back('\0');
        ++lines;
    }
    // An empty value takes away what curl would add of its own accord.
    header_text_.append("Expect:").push_back('\0');
    ++lines;
    if (!type_given) {
        header_text_.append("Content-Type:").push_back('\0');
        ++lines;
    }
    header_list_.resize(lines);
    char* text = header_text_.data();
    for (std::size_t i = 0; i < lines; ++i) {
        header_list_[i] = {.data = text, .next = i + 1 < lines ? &header_list_[i + 1] : nullptr};
        text += std::string_view(text).size() + 1;
    }
    set(CURLOPT_HTTPHEADER, header_list_.data());
}

std::size_t EasyHandle::uploaded() const noexcept {
    curl_off_t bytes = 0;
    curl_easy_getinfo(easy_, CURLINFO_SIZE_UPLOAD_T, &bytes);
    return static_cast<std::size_t>(bytes);
}

curl_socket_t EasyHandle::openSocket(void* self, curlsocktype /*purpose*/, curl_sockaddr* address) {
    auto& handle = *static_cast<EasyHandle*>(self);
    if (handle.endpoint_.public_addresses_only && !isPublicAddress(&address->addr)) {
        handle.address_refused_ = true;
        return CURL_SOCKET_BAD;
    }
    return handle.loop_.openSocket(address->family, address->socktype, address->protocol);
}

int EasyHandle::connected(void* self, char* primary_ip, char* /*local_ip*/, int /*primary_port*/, int /*local_port*/) {
    auto& handle = *static_cast<EasyHandle*>(self);
    // Again, because the connection may be one that an endpoint without guard has opened.
    if (handle.endpoint_.public_addresses_only && !isPublicAddress(std::string_view(primary_ip))) {
        handle.address_refused_ = true;
        return CURL_PREREQFUNC_ABORT;
    }
    return handle.sink_->onConnected(primary_ip) ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

std::size_t EasyHandle::headerLine(char* bytes, std::size_t one, std::size_t size, void* self) {
    const std::size_t count = one * size;
    return static_cast<EasyHandle*>(self)->sink_->onHeaderLine({bytes, count}) ? count : CURL_WRITEFUNC_ERROR;
}

std::size_t EasyHandle::body(char* bytes, std::size_t one, std::size_t size, void* self) {
    return static_cast<EasyHandle*>(self)->sink_->onBody({bytes, one * size});
}

}  // namespace gw::upstream
