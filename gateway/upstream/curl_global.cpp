#include "upstream/curl_global.h"

#include <curl/curl.h>

#include <csignal>
#include <stdexcept>

namespace gw::upstream {

CurlGlobal::CurlGlobal() {
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) throw std::runtime_error("libcurl does not start");
    if (std::signal(SIGPIPE, SIG_IGN) == SIG_ERR) throw std::runtime_error("SIGPIPE cannot be ignored");
}

CurlGlobal::~CurlGlobal() {
    curl_global_cleanup();
}

}  // namespace gw::upstream
