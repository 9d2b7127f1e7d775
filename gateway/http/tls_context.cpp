#include "http/tls_context.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>
#include <stdexcept>
#include <utility>

namespace gw::http {
namespace {

using Poco::Net::Context;

void require(bool good, const std::string& what) {
    if (good) return;
    std::array<char, 256> reason{};
    ERR_error_string_n(ERR_get_error(), reason.data(), reason.size());
    ERR_clear_error();
    throw std::runtime_error(what + ": " + reason.data());
}

/// A key with a passphrase is refused: the default would ask for it on the terminal, and a service has none.
int noPassphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*user*/) {
    return 0;
}

Context::Ptr makeContext(const std::string& certificate, const std::string& key) {
    Context::Params params;
    params.verificationMode = Context::VERIFY_NONE;  // of clients: they have keys, not certificates
    params.loadDefaultCAs = false;
    Context::Ptr context(new Context(Context::TLS_SERVER_USE, params));
    context->requireMinimumProtocol(Context::PROTO_TLSV1_2);
    SSL_CTX* const ssl = context->sslContext();
    ERR_clear_error();
    SSL_CTX_set_default_passwd_cb(ssl, noPassphrase);
    require(SSL_CTX_use_certificate_chain_file(ssl, certificate.c_str()) == 1, "tls.certificate " + certificate);
    require(SSL_CTX_use_PrivateKey_file(ssl, key.c_str(), SSL_FILETYPE_PEM) == 1, "tls.key " + key);
    require(SSL_CTX_check_private_key(ssl) == 1, "tls.key does not belong to tls.certificate");
    // A try that was cut short goes on from another address of the same bytes, and an idle connection keeps no buffers.
    SSL_CTX_set_mode(ssl,
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_options(ssl, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    return context;
}

}  // namespace

TlsContext::TlsContext(std::string certificate, std::string key)
    : certificate_(std::move(certificate)), key_(std::move(key)), context_(makeContext(certificate_, key_)) {}

void TlsContext::reload() {
    Context::Ptr fresh = makeContext(certificate_, key_);
    const std::scoped_lock lock(mutex_);
    context_ = std::move(fresh);
}

Context::Ptr TlsContext::current() const {
    const std::scoped_lock lock(mutex_);
    return context_;
}

}  // namespace gw::http
