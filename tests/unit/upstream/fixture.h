#pragma once
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "io/cancellation.h"
#include "io/event_loop.h"
#include "io/timer.h"
#include "tests/support/catch.h"
#include "tests/support/fault_upstream.h"
#include "upstream/curl_global.h"
#include "upstream/upstream_client.h"

namespace gw::test {

using plugin_host::Endpoint;
using plugin_host::OutboundRequest;
using plugin_host::Transfer;
using plugin_host::TransferState;
using std::chrono::milliseconds;

/// One for all tests of the executable: certificates and nginx take a while to come up.
inline const FaultUpstream& faults() {
    static const upstream::CurlGlobal curl;
    static const FaultUpstream server;
    return server;
}

struct Answer {
    TransferState head = TransferState::Open;
    int status = 0;
    plugin_host::Headers headers;
    std::string body;
    TransferState end = TransferState::Open;
    std::string detail;
    milliseconds took{};
};

inline io::Task<void> readAll(Transfer& transfer, Answer& answer) {
    const auto start = std::chrono::steady_clock::now();
    auto head = co_await transfer.head();
    answer.head = head.state;
    answer.status = head.head.status;
    answer.headers = std::move(head.head.headers);
    answer.detail = head.detail;
    answer.end = head.state;
    if (head.state == TransferState::Open || head.state == TransferState::Done) {
        for (;;) {
            const auto chunk = co_await transfer.next();
            answer.end = chunk.state;
            answer.detail = chunk.detail;
            if (chunk.state != TransferState::Open) break;
            answer.body += chunk.bytes;
        }
    }
    answer.took = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - start);
}

/// An event loop with a client, on the test's own thread. Each test runs coroutines to their end.
class Network {
public:
    explicit Network(const upstream::UpstreamOptions& options = {})
        : client((faults(), loop), options), thread_([this] { loop.run(); }) {}
    Network(const Network&) = delete;
    Network& operator=(const Network&) = delete;
    ~Network() { stop(); }

    [[nodiscard]] static Endpoint endpoint(std::string base_url = faults().http()) {
        Endpoint endpoint;
        endpoint.base_url = std::move(base_url);
        endpoint.ca_file = faults().caFile();
        endpoint.connect_timeout = endpoint.first_byte_timeout = endpoint.idle_timeout = milliseconds(5'000);
        endpoint.total_timeout = milliseconds(20'000);
        return endpoint;
    }
    [[nodiscard]] static OutboundRequest post(std::string path, std::string body = "{}") {
        return {.method = "POST",
                .path_and_query = std::move(path),
                .headers = {{"content-type", "application/json"}, {"authorization", "Bearer secret"}},
                .body = std::move(body)};
    }

    /// Runs a coroutine on the loop's thread, to its end.
    void run(io::Task<void> task) {
        std::promise<void> done;
        auto job = std::make_shared<io::Task<void>>(std::move(task));
        loop.post([this, job, &done] { loop.spawn(thenTell(std::move(*job), done)); });
        done.get_future().get();
    }
    void onLoop(const std::function<void()>& job) { run(call(job)); }
    Answer fetch(const Endpoint& to, OutboundRequest request) {
        Answer answer;
        run(fetchInto(to, std::move(request), answer));
        return answer;
    }
    io::Task<void> fetchInto(const Endpoint& to, OutboundRequest request, Answer& answer) {
        io::Cancellation cancellation;
        const auto transfer = client.start(to, std::move(request), cancellation);
        co_await readAll(*transfer, answer);
    }
    Answer fetch(std::string path) { return fetch(endpoint(), post(std::move(path))); }
    [[nodiscard]] long long stat(const std::string& name) {
        const Answer answer =
            fetch(endpoint(), {.method = "GET", .path_and_query = "/stats", .headers = {}, .body = {}});
        const auto at = answer.body.find('"' + name + "\": ");
        REQUIRE(at != std::string::npos);
        return std::stoll(answer.body.substr(at + name.size() + 4));
    }

    /// Ends the loop; what still waits is destroyed with it.
    void stop() {
        if (thread_.joinable()) loop.stop(), thread_.join();
    }

private:
    static io::Task<void> thenTell(io::Task<void> task, std::promise<void>& done) {
        co_await std::move(task);
        done.set_value();
    }
    static io::Task<void> call(const std::function<void()>& job) {
        job();
        co_return;
    }

public:
    io::EventLoop loop;
    upstream::UpstreamClient client;

private:
    std::thread thread_;
};

}  // namespace gw::test
