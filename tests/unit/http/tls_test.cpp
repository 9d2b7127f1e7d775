#include <Poco/Net/SecureStreamSocket.h>
#include <Poco/Net/SocketAddress.h>

#include <cstdlib>
#include <filesystem>

#include "http/server.h"
#include "tests/support/catch.h"
#include "tests/unit/http/raw_client.h"

using namespace gw;
using namespace gw::http;
using namespace std::chrono_literals;

namespace {

class Large final : public Handler {
public:
    io::Task<void> handle(Request& request, Response& response) override {
        const std::string body(300000, 'x');
        if (request.query == "stream") {
            for (int i = 0; i < 5; ++i) {
                response.append("data: " + body + "\n\n");
                if (!co_await response.flush()) co_return;
            }
            co_return co_await response.finishStream();
        }
        co_await response.send(200, "text/plain", request.body.empty() ? body : request.body);
    }
};

struct Certificate {
    std::string folder = std::filesystem::temp_directory_path() / ("gw-tls-" + std::to_string(getpid()));
    std::string certificate = folder + "/cert.pem", key = folder + "/key.pem";
    Certificate() {
        std::filesystem::create_directory(folder);
        make("first");
    }
    ~Certificate() { std::filesystem::remove_all(folder); }
    Certificate(const Certificate&) = delete;
    Certificate& operator=(const Certificate&) = delete;
    void make(const std::string& name) const {
        const std::string command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=" + name +
                                    " -keyout " + key + " -out " + certificate + " 2>/dev/null";
        REQUIRE(std::system(command.c_str()) == 0);
    }
};

/// A client that takes any certificate: it is the server that is tested.
class TlsClient {
public:
    explicit TlsClient(std::uint16_t port) : socket_(context()) {
        socket_.connect(Poco::Net::SocketAddress("127.0.0.1", port));
        socket_.setReceiveTimeout(Poco::Timespan(10, 0));
    }
    std::string ask(const std::string& request) {
        socket_.sendBytes(request.data(), static_cast<int>(request.size()));
        std::string all;
        char buffer[16384];
        for (int count = 0; (count = socket_.receiveBytes(buffer, sizeof buffer)) > 0;)
            all.append(buffer, static_cast<std::size_t>(count));
        return all;
    }
    std::string name() { return socket_.peerCertificate().commonName(); }

private:
    static Poco::Net::Context::Ptr context() {
        return new Poco::Net::Context(Poco::Net::Context::TLS_CLIENT_USE, "", Poco::Net::Context::VERIFY_NONE);
    }
    Poco::Net::SecureStreamSocket socket_;
};

}  // namespace

TEST_CASE("TLS carries requests, large answers and streams", "[http]") {
    const Certificate files;
    TlsContext tls(files.certificate, files.key);
    Large large;
    Router router;
    router.add("GET", "/", large, Door::Native);
    router.add("POST", "/", large, Door::Native);
    HttpOptions options;
    options.address = "127.0.0.1";
    options.port = 0;
    options.head_timeout = 300ms;
    io::LoopGroup loops(1);
    Server server(options, router, {}, &tls);
    server.start(loops);
    const std::string end = "Host: a\r\nConnection: close\r\n";

    const auto answer = TlsClient(server.port()).ask("GET / HTTP/1.1\r\n" + end + "\r\n");
    CHECK(answer.starts_with("HTTP/1.1 200"));
    CHECK(test::count(answer, std::string(1000, 'x')) == 300);
    const auto stream = TlsClient(server.port()).ask("GET /?stream HTTP/1.1\r\n" + end + "\r\n");
    CHECK(stream.size() > 1500000);
    CHECK(stream.ends_with("0\r\n\r\n"));
    const std::string body(200000, 'y');
    const auto posted =
        TlsClient(server.port()).ask("POST / HTTP/1.1\r\nContent-Length: 200000\r\n" + end + "\r\n" + body);
    CHECK(posted.ends_with(body));

    SECTION("plain HTTP and an endless handshake are closed") {
        test::RawClient plain(server.port());
        plain.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        CHECK(plain.readAll().find("HTTP/1.1") == std::string::npos);
        CHECK(plain.closed());
        test::RawClient silent(server.port());
        silent.send("\x16\x03");
        CHECK(silent.readAll().empty());
        CHECK(silent.closed());
    }
    SECTION("a new certificate serves new connections, a bad one changes nothing") {
        CHECK(TlsClient(server.port()).name() == "first");
        files.make("second");
        tls.reload();
        CHECK(TlsClient(server.port()).name() == "second");
        std::filesystem::resize_file(files.certificate, 10);
        CHECK_THROWS_AS(tls.reload(), std::runtime_error);
        CHECK(TlsClient(server.port()).name() == "second");
    }
    server.drain(1s);
    loops.stop();
}
