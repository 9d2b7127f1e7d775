#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "tests/unit/upstream/fixture.h"

using namespace gw;
using namespace gw::test;

namespace {

io::Task<void> cancelWhileWaiting(Network& net, const Endpoint& to, std::string path, bool by_destroying,
                                  std::int64_t& at) {
    io::Cancellation cancellation;
    auto transfer = net.client.start(to, Network::post(std::move(path)), cancellation);
    io::Cancellation never;
    co_await io::sleepFor(net.loop, milliseconds(150), never);
    at = std::chrono::steady_clock::now().time_since_epoch().count();
    if (by_destroying) {
        transfer.reset();
    } else {
        cancellation.cancel(io::CancelReason::ClientGone);
        Answer answer;
        co_await readAll(*transfer, answer);
        CHECK(answer.end == TransferState::Cancelled);
    }
}

io::Task<void> waitForHead(Network& net, const Endpoint& to) {
    io::Cancellation cancellation;
    const auto transfer = net.client.start(to, Network::post("/stall_before_head?shutdown"), cancellation);
    (void)co_await transfer->head();
}

io::Task<void> readSlowly(Network& net, const Endpoint& to, std::size_t& largest) {
    io::Cancellation cancellation;
    const auto transfer = net.client.start(to, Network::post("/flood"), cancellation);
    (void)co_await transfer->head();
    for (int i = 0; i < 10; ++i) {
        co_await io::sleepFor(net.loop, milliseconds(50), cancellation);
        const auto chunk = co_await transfer->next();
        largest = std::max(largest, chunk.bytes.size());
    }
}

io::Task<void> fetchTold(Network& net, const Endpoint& to, Answer& answer, int& left, io::Signal& over) {
    co_await net.fetchInto(to, Network::post("/sse"), answer);
    if (--left == 0) over.set();
}

io::Task<void> fetchMany(Network& net, const Endpoint& to, std::vector<Answer>& answers) {
    io::Signal over(net.loop);
    int left = static_cast<int>(answers.size());
    for (auto& answer : answers) net.loop.spawn(fetchTold(net, to, answer, left, over));
    co_await over.waitAlways();
}

}  // namespace

TEST_CASE("a POST goes out as it was built and its answer comes back", "[upstream]") {
    Network net;
    auto request = Network::post("/echo?a=b", R"({"x":1})");
    request.headers.emplace_back("accept-encoding", "gzip");
    request.headers.emplace_back("x-empty", "");
    const Answer answer = net.fetch(Network::endpoint(), std::move(request));
    CHECK(answer.status == 200);
    CHECK(answer.end == TransferState::Done);
    CHECK(answer.body.find(R"("method": "POST", "target": "/echo?a=b")") != std::string::npos);
    CHECK(answer.body.find(R"("body": "{\"x\":1}")") != std::string::npos);
    CHECK(answer.body.find(R"("content-type": "application/json")") != std::string::npos);
    CHECK(answer.body.find(R"("x-empty": "")") != std::string::npos);
    CHECK(answer.body.find("accept-encoding") == std::string::npos);
    CHECK(answer.body.find("expect") == std::string::npos);
}

TEST_CASE("a handle that was used before carries nothing over", "[upstream]") {
    Network net;
    const auto to = Network::endpoint();
    (void)net.fetch(to, Network::post("/echo", std::string(2'000'000, 'b')));
    const Answer get = net.fetch(to, {.method = "GET", .path_and_query = "/echo", .headers = {}, .body = {}});
    CHECK(get.body.find(R"("method": "GET")") != std::string::npos);
    CHECK(get.body.find("authorization") == std::string::npos);
    CHECK(get.body.find("content-") == std::string::npos);
    const Answer head =
        net.fetch(to, {.method = "HEAD", .path_and_query = "/status?200_OK", .headers = {}, .body = {}});
    CHECK(head.end == TransferState::Done);
    CHECK(head.body.empty());
    const Answer put = net.fetch(to, {.method = "PUT", .path_and_query = "/echo", .headers = {}, .body = "xyz"});
    CHECK(put.body.find(R"("method": "PUT")") != std::string::npos);
    CHECK(put.body.find(R"("body": "xyz")") != std::string::npos);
    const Answer erase = net.fetch(to, {.method = "DELETE", .path_and_query = "/echo", .headers = {}, .body = {}});
    CHECK(erase.body.find(R"("method": "DELETE")") != std::string::npos);
    const Answer post = net.fetch(to, Network::post("/echo"));
    CHECK(post.body.find(R"("method": "POST")") != std::string::npos);
}

TEST_CASE("each fault of an upstream has its state", "[upstream]") {
    struct Row {
        const char* path;
        TransferState end;
        const char* body;
    };
    const std::vector<Row> rows{
        {"/ok", TransferState::Done, "hello"},
        {"/sse", TransferState::Done, "data: 0\n\ndata: 1\n\ndata: 2\n\ndata: 3\n\ndata: 4\n\n"},
        {"/until_close", TransferState::Done, "all of it"},
        {"/interim", TransferState::Done, "hello"},
        {"/redirect", TransferState::Done, ""},
        {"/fin_between_chunks", TransferState::Reset, "part"},
        {"/fin_inside_chunk", TransferState::Reset, "part"},
        {"/short_length", TransferState::Reset, "part"},
        {"/bad_chunk_size", TransferState::Reset, "part"},
        {"/rst", TransferState::Reset, "part"},
        {"/fin_before_head", TransferState::Reset, ""},
        {"/half_head", TransferState::Reset, ""},
        {"/endless_interim", TransferState::Malformed, ""},
        {"/switch?0", TransferState::Malformed, ""},
        {"/huge_header", TransferState::TooLarge, ""},
        {"/many_headers", TransferState::TooLarge, ""},
        {"/gzip", TransferState::Malformed, ""},
        {"/transfer_gzip", TransferState::Malformed, ""},
        {"/not_http", TransferState::Malformed, ""},
        {"/fold", TransferState::Malformed, ""},
        {"/two_lengths", TransferState::Malformed, ""},
        {"/status?600_Odd", TransferState::Malformed, ""},
        {"/status?-1_Odd", TransferState::Malformed, ""},
        {"/status?099_Odd", TransferState::Malformed, ""},
        {"/status?503_Busy", TransferState::Done, "no"},
    };
    Network net;
    for (const auto& row : rows) {
        const Answer answer = net.fetch(row.path);
        INFO(row.path << ": " << answer.detail);
        CHECK(answer.end == row.end);
        CHECK(answer.body == row.body);
        CHECK(answer.took < milliseconds(2'000));
    }
    CHECK(net.client.openTransfers() == 0);
}

TEST_CASE("a redirect is handed on and not followed", "[upstream]") {
    Network net;
    CHECK(net.fetch("/redirect").status == 302);
    CHECK(net.client.connectionsOpened() == 1);
}

TEST_CASE("each wait has its own time-out", "[upstream]") {
    Network net;
    auto to = Network::endpoint();
    to.first_byte_timeout = milliseconds(200);
    CHECK(net.fetch(to, Network::post("/stall_before_head?t")).end == TransferState::FirstByteTimeout);
    to.idle_timeout = milliseconds(200);
    const Answer idle = net.fetch(to, Network::post("/stall_mid_body?t"));
    CHECK(idle.end == TransferState::IdleTimeout);
    CHECK(idle.body == "part");
    to.total_timeout = milliseconds(400);
    const Answer total = net.fetch(to, Network::post("/dribble"));
    CHECK(total.end == TransferState::TotalTimeout);
    CHECK(total.took >= milliseconds(390));
    CHECK(total.took < milliseconds(900));
    auto silent = Network::endpoint(faults().https("silent"));
    silent.connect_timeout = milliseconds(200);
    CHECK(net.fetch(silent, Network::post("/ok")).end == TransferState::ConnectTimeout);
}

TEST_CASE("a large request on its way does not count as waiting for the first byte", "[upstream]") {
    Network net;
    auto to = Network::endpoint();
    to.first_byte_timeout = milliseconds(1'200);
    const Answer answer = net.fetch(to, Network::post("/slow_reader", std::string(16'000'000, 'x')));
    CHECK(answer.end == TransferState::Done);
    CHECK(answer.took > milliseconds(1'200));
}

TEST_CASE("a response is cut at its limit", "[upstream]") {
    Network net;
    auto to = Network::endpoint();
    to.max_response_bytes = 1u << 20;
    const Answer line = net.fetch(to, Network::post("/long_line"));
    CHECK(line.end == TransferState::TooLarge);
    CHECK(line.body.size() <= 1u << 20);
    CHECK(net.fetch(to, Network::post("/endless")).end == TransferState::TooLarge);
}

TEST_CASE("who cannot be reached is told apart", "[upstream]") {
    Network net;
    CHECK(net.fetch(Network::endpoint(faults().http("refused")), Network::post("/ok")).end ==
          TransferState::ConnectFailed);
    CHECK(net.fetch(Network::endpoint("http://no-such-host.invalid"), Network::post("/ok")).end ==
          TransferState::ResolveFailed);
    CHECK(net.fetch(Network::endpoint("ftp://127.0.0.1"), Network::post("/ok")).end == TransferState::Refused);
    CHECK(net.fetch(Network::endpoint(), Network::post("@evil.test/")).end == TransferState::Refused);
    auto split = Network::post("/ok");
    split.headers.emplace_back("x-a", "b\r\nx-c: d");
    CHECK(net.fetch(Network::endpoint(), std::move(split)).end == TransferState::Refused);
}

TEST_CASE("a certificate that does not fit ends the transfer before a byte is sent", "[upstream]") {
    Network net;
    const auto before = net.stat("tls_bytes");
    for (const char* name : {"wrong", "expired", "selfsigned"}) {
        INFO(name);
        CHECK(net.fetch(Network::endpoint(faults().https(name)), Network::post("/ok")).end == TransferState::TlsFailed);
    }
    auto unknown_ca = Network::endpoint(faults().https("good"));
    unknown_ca.ca_file.clear();
    CHECK(net.fetch(unknown_ca, Network::post("/ok")).end == TransferState::TlsFailed);
    const auto requests = net.stat("requests");
    const Answer good = net.fetch(Network::endpoint(faults().https("good")), Network::post("/ok"));
    CHECK(good.body == "hello");
    CHECK(net.stat("requests") == requests + 1);
    CHECK(net.stat("tls_bytes") >= before);
    auto unverified = Network::endpoint(faults().https("expired"));
    unverified.verify_tls = false;
    CHECK(net.fetch(unverified, Network::post("/ok")).body == "hello");
}

TEST_CASE("a TLS connection that was not verified is not used where verification is on", "[upstream]") {
    Network net;
    auto to = Network::endpoint(faults().https("selfsigned"));
    to.verify_tls = false;
    CHECK(net.fetch(to, Network::post("/ok")).body == "hello");
    to.verify_tls = true;
    CHECK(net.fetch(to, Network::post("/ok")).end == TransferState::TlsFailed);
}

TEST_CASE("cancelled or destroyed, a transfer closes its connection within 50 ms", "[upstream]") {
    Network net;
    int probe = 0;
    for (const char* mode : {"/stall_before_head?", "/stall_mid_body?"}) {
        for (const bool by_destroying : {false, true}) {
            const std::string id = "cancel" + std::to_string(probe++);
            std::int64_t at = 0;
            const auto to = Network::endpoint();
            net.run(cancelWhileWaiting(net, to, mode + id, by_destroying, at));
            const Answer closed =
                net.fetch(to, {.method = "GET", .path_and_query = "/closed?" + id, .headers = {}, .body = {}});
            const auto late = std::chrono::nanoseconds(std::stoll(closed.body) - at);
            INFO(mode << late.count());
            CHECK(late > std::chrono::nanoseconds(0));
            CHECK(late < milliseconds(50));
        }
    }
    CHECK(net.client.openTransfers() == 0);
}

TEST_CASE("cancelling while the name is looked up or the connection made ends at once", "[upstream]") {
    Network net;
    const auto start = std::chrono::steady_clock::now();
    for (const std::string& url : {std::string("http://slow-name.invalid"), faults().https("silent")}) {
        const auto to = Network::endpoint(url);
        std::int64_t at = 0;
        net.run(cancelWhileWaiting(net, to, "/ok", true, at));
    }
    CHECK(std::chrono::steady_clock::now() - start < milliseconds(1'000));
}

TEST_CASE("the loop may end in the middle of transfers", "[upstream]") {
    Network net;
    const auto to = Network::endpoint();
    for (int i = 0; i < 20; ++i) net.onLoop([&net, &to] { net.loop.spawn(waitForHead(net, to)); });
    (void)net.fetch("/ok");
    CHECK(net.client.openTransfers() == 20);
    net.stop();
}

TEST_CASE("a reader's pace is the upstream's", "[upstream]") {
    Network net;
    const auto to = Network::endpoint();
    const auto before = net.stat("sent");
    std::size_t largest = 0;
    net.run(readSlowly(net, to, largest));
    CHECK(largest > 0);
    CHECK(largest <= (64u << 10) + (16u << 10) * 2);
    CHECK(net.stat("sent") - before < 20'000'000);  // ten reads of at most 96 KiB, and the kernel's buffers
}

TEST_CASE("a flood arrives whole, whatever was held back", "[upstream]") {
    Network net;
    const Answer answer = net.fetch("/flood");
    CHECK(answer.end == TransferState::Done);
    CHECK(answer.body == std::string(50'000'000, 'f'));
}

TEST_CASE("connections are used again", "[upstream]") {
    Network net;
    for (int i = 0; i < 20; ++i) CHECK(net.fetch("/ok").body == "hello");
    CHECK(net.client.connectionsOpened() == 1);
}

TEST_CASE("a connection that ended while idle costs no request, and none is sent twice", "[upstream]") {
    Network net;
    for (int i = 0; i < 20; ++i) CHECK(net.fetch("/close_when_idle").body == "hello");
    const auto before = net.stat("requests");
    Network fresh;
    CHECK(fresh.fetch("/drop_second").body == "hello");
    // The second request is read by a server that then closes without a byte: curl sends it anew, once.
    const Answer again = fresh.fetch("/drop_second");
    CHECK(again.end == TransferState::Done);
    CHECK(fresh.client.connectionsOpened() == 2);
    CHECK(net.stat("requests") == before + 3);
}

TEST_CASE("a hundred transfers run side by side", "[upstream]") {
    Network net;
    const auto to = Network::endpoint();
    std::vector<Answer> answers(100);
    net.run(fetchMany(net, to, answers));
    CHECK(std::ranges::all_of(answers,
                              [](const Answer& a) { return a.end == TransferState::Done && a.body.size() == 45; }));
    CHECK(net.client.openTransfers() == 0);
}

TEST_CASE("HTTP/2 is spoken where it is offered, one stream at a time", "[upstream]") {
    if (faults().port("h2") == "0") {
        WARN("nginx is not installed: HTTP/2 is not tested");
        return;
    }
    Network net;
    auto to = Network::endpoint(faults().https("h2"));
    CHECK(net.fetch(to, Network::post("/")).body.substr(0, 8) == "HTTP/2.0");
    to.base_url += "/through";
    std::vector<Answer> answers(50);
    net.run(fetchMany(net, to, answers));
    CHECK(std::ranges::all_of(answers,
                              [](const Answer& a) { return a.end == TransferState::Done && a.body.size() == 45; }));
    CHECK(net.client.connectionsOpened() == 50);
    net.run(fetchMany(net, to, answers));
    CHECK(net.client.connectionsOpened() == 50);
    for (const std::string id : {"only", "beside"}) {
        std::int64_t at = 0;
        net.run(cancelWhileWaiting(net, to, "/stall_before_head?" + id, true, at));
        const Answer closed = net.fetch("/closed?" + id);
        REQUIRE(closed.end == TransferState::Done);
        CHECK(std::chrono::nanoseconds(std::stoll(closed.body) - at) < milliseconds(50));
        net.onLoop([&net, &to] { net.loop.spawn(waitForHead(net, to)); });  // the second time, another stream is open
    }
    CHECK(net.fetch(to, Network::post("/fin_inside_chunk")).end == TransferState::Reset);
    std::size_t largest = 0;
    net.run(readSlowly(net, to, largest));
    CHECK(largest > 0);
    CHECK(largest <= (64u << 10) + (16u << 10) * 2);
    CHECK(net.fetch(to, Network::post("/flood")).body == std::string(50'000'000, 'f'));
    to.http2 = false;
    to.base_url = faults().https("h2");
    CHECK(net.fetch(to, Network::post("/")).body.substr(0, 8) == "HTTP/1.1");
}

TEST_CASE("a proxy is used where the endpoint names one", "[upstream]") {
    Network net;
    const auto before = net.stat("proxied");
    auto to = Network::endpoint(faults().https("good"));
    to.proxy = faults().http("proxy");
    CHECK(net.fetch(to, Network::post("/ok")).body == "hello");
    auto plain = Network::endpoint();
    plain.proxy = to.proxy;
    CHECK(net.fetch(plain, Network::post("/ok")).body == "hello");
    CHECK(net.stat("proxied") == before + 2);
    to.base_url = "https://refused.test:443";
    CHECK(net.fetch(to, Network::post("/ok")).end == TransferState::ConnectFailed);
}

TEST_CASE("a guarded endpoint reaches no address of the own network", "[upstream]") {
    Network net;
    const auto port = faults().port("http");
    auto to = Network::endpoint();
    CHECK(net.fetch(to, Network::post("/ok")).body == "hello");  // leaves an open connection to 127.0.0.1
    const auto before = net.stat("requests");
    to.public_addresses_only = true;
    to.proxy = faults().http("proxy");
    for (const char* host : {"127.0.0.1", "localhost", "localhost.", "127.1", "2130706433", "0x7f.1", "0177.0.0.1", "0",
                             "0.0.0.0", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]"}) {
        INFO(host);
        to.base_url = std::string("http://") + host + ":" + port;
        const TransferState end = net.fetch(to, Network::post("/ok")).end;
        const bool unknown = end == TransferState::ResolveFailed && std::string_view(host) == "localhost.";
        CHECK((end == TransferState::Refused || unknown));
    }
    CHECK(net.stat("requests") == before);
}
