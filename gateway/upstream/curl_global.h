#pragma once

namespace gw::upstream {

/// libcurl's own setup and the end of it; one in main(), before the first thread. Ignores SIGPIPE: TLS writes to a
/// connection that the peer has closed. [main]
class CurlGlobal {
public:
    CurlGlobal();
    CurlGlobal(const CurlGlobal&) = delete;
    CurlGlobal& operator=(const CurlGlobal&) = delete;
    ~CurlGlobal();
};

}  // namespace gw::upstream
