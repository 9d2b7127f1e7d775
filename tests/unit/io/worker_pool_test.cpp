#include "io/worker_pool.h"

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

#include "base/error.h"
#include "io/event_loop.h"
#include "io/loop_group.h"
#include "io/timer.h"
#include "tests/support/catch.h"

using namespace std::chrono_literals;
using namespace gw::io;

namespace {

template <class Body>
void runOn(EventLoop& loop, WorkerPool& pool, Body body) {
    struct Ending {
        static Task<void> run(EventLoop& loop, Task<void> task) {
            co_await std::move(task);
            loop.stop();
        }
    };
    loop.spawn(Ending::run(loop, body(loop, pool)));
    loop.run();
}

}  // namespace

TEST_CASE("a job runs off the loop and its value, nothing or exception comes back", "[io]") {
    EventLoop loop;
    WorkerPool pool(2, 16);
    runOn(loop, pool, [](EventLoop&, WorkerPool& workers) -> Task<void> {
        const auto here = std::this_thread::get_id();
        CHECK(co_await workers.run([] { return std::make_unique<int>(5); }) != nullptr);
        CHECK(co_await workers.run([] { return std::this_thread::get_id(); }) != here);
        CHECK(std::this_thread::get_id() == here);
        bool ran = false;
        co_await workers.run([&ran] { ran = true; });
        CHECK(ran);
        bool caught = false;
        try {
            co_await workers.run([]() -> int { throw std::logic_error("on the worker"); });
        } catch (const std::logic_error&) {
            caught = true;
        }
        CHECK(caught);
    });
}

TEST_CASE("cancelling gives a waiting job up at once and waits for a running one", "[io]") {
    EventLoop loop;
    WorkerPool pool(1, 16);
    runOn(loop, pool, [](EventLoop& self, WorkerPool& workers) -> Task<void> {
        std::promise<void> release;
        std::shared_future<void> released(release.get_future());
        Cancellation running, waiting, never;
        std::atomic<bool> second_ran{false};
        struct Jobs {
            static Task<void> first(WorkerPool& workers, std::shared_future<void> gate, Cancellation& c, int& ended) {
                const auto result = co_await workers.run(
                    [gate] {
                        gate.wait();
                        return 1;
                    },
                    c);
                CHECK(result == 1);  // it had begun, so its end was awaited
                ++ended;
            }
            static Task<void> second(WorkerPool& workers, std::atomic<bool>& ran, Cancellation& c, int& ended) {
                const auto result = co_await workers.run(
                    [&ran] {
                        ran = true;
                        return 2;
                    },
                    c);
                CHECK_FALSE(result.has_value());
                ++ended;
            }
        };
        int ended = 0;
        self.spawn(Jobs::first(workers, released, running, ended));
        co_await sleepFor(self, 5ms, never);
        while (workers.running() == 0) co_await sleepFor(self, 1ms, never);
        self.spawn(Jobs::second(workers, second_ran, waiting, ended));
        co_await sleepFor(self, 1ms, never);
        waiting.cancel(CancelReason::ClientGone);
        running.cancel(CancelReason::ClientGone);
        co_await sleepFor(self, 5ms, never);
        CHECK(ended == 1);  // the waiting one
        release.set_value();
        while (ended < 2) co_await sleepFor(self, 1ms, never);
        co_await workers.run([] {});  // the given-up job would have run before this one
        CHECK_FALSE(second_ran);
    });
}

TEST_CASE("a full queue refuses, and says so as an error for the client", "[io]") {
    EventLoop loop;
    WorkerPool pool(1, 1);
    runOn(loop, pool, [](EventLoop&, WorkerPool& workers) -> Task<void> {
        std::promise<void> release;
        std::shared_future<void> gate(release.get_future());
        CHECK(workers.submit([gate] { gate.wait(); }));
        while (workers.running() == 0) std::this_thread::yield();
        CHECK(workers.submit([] {}));
        CHECK_FALSE(workers.submit([] {}));
        bool refused = false;
        try {
            co_await workers.run([] {});
        } catch (const gw::Error& error) {
            refused = error.code() == gw::ErrorCode::Unavailable && error.retryAfter().has_value();
        }
        CHECK(refused);
        release.set_value();
    });
}

TEST_CASE("stopping in the middle ends every awaiter", "[io]") {
    WorkerPool pool(2, 1'000);
    std::atomic<int> finished{0}, dropped{0};
    LoopGroup loops(2);
    struct Body {
        static Task<void> run(WorkerPool& workers, std::atomic<int>& finished, std::atomic<int>& dropped) {
            try {
                co_await workers.run([] { std::this_thread::sleep_for(1ms); });
                ++finished;
            } catch (const gw::Error&) {
                ++dropped;
            }
        }
    };
    loops.onEach([&](std::size_t i) {
        for (int k = 0; k < 100; ++k) loops[i].spawn(Body::run(pool, finished, dropped));
    });
    while (finished == 0) std::this_thread::yield();
    pool.stop();
    loops.onEach([](std::size_t) {});
    loops.onEach([](std::size_t) {});
    CHECK(finished + dropped == 200);
    CHECK(dropped > 0);
}

TEST_CASE("many loops share one pool", "[io]") {
    WorkerPool pool(4, 100'000);
    LoopGroup loops(4);
    std::atomic<int> ended{0};
    struct Body {
        static Task<void> run(WorkerPool& workers, std::atomic<int>& ended) {
            for (int i = 0; i < 10; ++i) co_await workers.run([] {});
            ++ended;
        }
    };
    loops.onEach([&](std::size_t i) {
        for (int k = 0; k < 250; ++k) loops[i].spawn(Body::run(pool, ended));
    });
    const auto limit = std::chrono::steady_clock::now() + 60s;
    while (ended < 1'000 && std::chrono::steady_clock::now() < limit) std::this_thread::yield();
    CHECK(ended == 1'000);
    pool.stop();
}
