#pragma once
#include <Poco/Net/Context.h>

#include <mutex>
#include <string>

namespace gw::http {

/// The server's certificate and what it speaks (TLS 1.2 and newer). Connections keep the context they began with. [any]
class TlsContext {
public:
    /// PEM files: the chain with the server's own certificate first, and its key without a passphrase. Throws
    /// std::runtime_error with a text for the operator.
    TlsContext(std::string certificate, std::string key);
    /// Reads both files again, for new connections. Throws as the constructor does, and keeps the old ones then.
    void reload();
    [[nodiscard]] Poco::Net::Context::Ptr current() const;

private:
    std::string certificate_;
    std::string key_;
    mutable std::mutex mutex_;
    Poco::Net::Context::Ptr context_;
};

}  // namespace gw::http
