#include "io/event_loop.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "io/cancellation.h"
#include "io/loop_group.h"
#include "io/readiness.h"
#include "io/signal.h"
#include "io/task.h"
#include "io/timer.h"
#include "tests/support/catch.h"

using namespace std::chrono_literals;
using namespace gw::io;

namespace {

Task<int> value(int n) {
    co_return n;
}
Task<std::string> text() {
    co_return "a string that is long enough to live on the heap";
}
Task<void> failing() {
    co_await value(1);
    throw std::runtime_error("from below");
}

/// Runs one coroutine to its end on a loop of its own.
void runOn(EventLoop& loop, Task<void> task) {
    struct Ending {
        static Task<void> run(EventLoop& loop, Task<void> task) {
            co_await std::move(task);
            loop.stop();
        }
    };
    loop.spawn(Ending::run(loop, std::move(task)));
    loop.run();
}

}  // namespace

TEST_CASE("a task hands values, strings and exceptions to its awaiter", "[io]") {
    EventLoop loop;
    bool done = false;
    struct Body {
        static Task<void> run(bool& done) {
            CHECK(co_await value(7) == 7);
            CHECK(co_await text() == "a string that is long enough to live on the heap");
            bool caught = false;
            try {
                co_await failing();
            } catch (const std::runtime_error& error) {
                caught = std::string(error.what()) == "from below";
            }
            CHECK(caught);
            done = true;
        }
    };
    runOn(loop, Body::run(done));
    CHECK(done);
}

// The forms that other compilers are known to build wrongly: each must destroy what it made exactly once.
TEST_CASE("awaited expressions keep their temporaries alive and destroy them once", "[io]") {
    struct Aggregate {
        std::string name;
        std::shared_ptr<int> count;
    };
    struct Body {
        static Task<long> uses(Aggregate a) { co_return a.count.use_count() + static_cast<long>(a.name.size()); }
        static Task<int> one() { co_return 1; }
        static Task<void> run(std::shared_ptr<int> count, bool& done) {
            CHECK(co_await uses(Aggregate{"four", count}) == 4 + 3);
            CHECK(count.use_count() == 2);
            const auto chosen = co_await uses(done ? Aggregate{"x", nullptr} : Aggregate{"four", count});
            CHECK(chosen == 4 + 3);
            CHECK(count.use_count() == 2);
            switch (co_await one()) {
                case 1: done = true; break;
                default: FAIL("no branch was taken");
            }
            const std::vector<int> list{co_await one(), co_await one()};
            CHECK(list.size() == 2);
        }
    };
    EventLoop loop;
    auto count = std::make_shared<int>(0);
    bool done = false;
    runOn(loop, Body::run(count, done));
    CHECK(done);
    CHECK(count.use_count() == 1);
}

TEST_CASE("a long loop of awaits that never wait uses no stack", "[io]") {
    struct Body {
        static Task<void> run(long& sum) {
            for (int i = 0; i < 1'000'000; ++i) sum += co_await value(1);
        }
    };
    EventLoop loop;
    long sum = 0;
    runOn(loop, Body::run(sum));
    CHECK(sum == 1'000'000);
}

TEST_CASE("a hundred thousand tasks wait and end", "[io]") {
    struct Body {
        static Task<void> run(EventLoop& loop, int millis, int& ended) {
            Cancellation never;
            if (co_await sleepFor(loop, std::chrono::milliseconds(millis), never) && ++ended == 100'000) loop.stop();
        }
    };
    EventLoop loop;
    int ended = 0;
    for (int i = 0; i < 100'000; ++i) loop.spawn(Body::run(loop, i % 50, ended));
    CHECK(loop.live() == 100'000);
    loop.run();
    CHECK(ended == 100'000);
    CHECK(loop.live() == 0);
}

TEST_CASE("cancelling wakes what waits, with the first reason", "[io]") {
    struct Body {
        static Task<void> waits(Signal& signal, Cancellation& cancellation, int& woken) {
            const bool set = co_await signal.wait(cancellation);
            CHECK_FALSE(set);
            CHECK(cancellation.reason() == CancelReason::ClientGone);
            ++woken;
        }
        static Task<void> run(EventLoop& loop, int& woken) {
            Cancellation parent;
            Cancellation child(parent);
            Signal first(loop), second(loop);
            loop.spawn(waits(first, parent, woken));
            loop.spawn(waits(second, child, woken));
            Cancellation never;
            co_await sleepFor(loop, 1ms, never);
            parent.cancel(CancelReason::ClientGone);
            parent.cancel(CancelReason::Shutdown);
            co_await sleepFor(loop, 1ms, never);
            CHECK(woken == 2);
            CHECK_FALSE(co_await first.wait(child));  // cancelled already: no wait
        }
    };
    EventLoop loop;
    int woken = 0;
    runOn(loop, Body::run(loop, woken));
    CHECK(woken == 2);
}

TEST_CASE("a child is cancelled alone and does not touch its parent", "[io]") {
    Cancellation parent;
    {
        Cancellation child(parent);
        child.cancel(CancelReason::Deadline);
        CHECK(child.requested());
    }
    CHECK_FALSE(parent.requested());
    parent.cancel(CancelReason::Shutdown);
    const Cancellation late(parent);
    CHECK(late.reason() == CancelReason::Shutdown);
}

TEST_CASE("a deadline cancels on time, and not when it was pushed back or lifted", "[io]") {
    struct Body {
        static Task<void> run(EventLoop& loop) {
            Cancellation never, cut, extended, lifted;
            Signal nothing(loop), also(loop);
            const auto begin = std::chrono::steady_clock::now();
            const Deadline deadline(loop, cut, 20ms);
            Deadline later(loop, extended, 20ms);
            Deadline off(loop, lifted, 20ms);
            later.extend(10s);
            off.lift();
            CHECK_FALSE(co_await nothing.wait(cut));
            CHECK(cut.reason() == CancelReason::Deadline);
            CHECK(std::chrono::steady_clock::now() - begin >= 20ms);
            co_await sleepFor(loop, 5ms, never);
            CHECK_FALSE(extended.requested());
            CHECK_FALSE(lifted.requested());
        }
    };
    EventLoop loop;
    runOn(loop, Body::run(loop));
}

TEST_CASE("a storm of timers fires each once, in order, never early", "[io]") {
    EventLoop loop;
    std::mt19937 random(42);  // NOLINT(cert-msc51-cpp): the same storm each run
    std::vector<std::unique_ptr<Timer>> timers;
    int fired = 0, expected = 0;
    gw::MonoTime last{};
    for (int i = 0; i < 20'000; ++i) {
        const auto due = loop.now() + std::chrono::microseconds(random() % 50'000);
        timers.push_back(std::make_unique<Timer>(loop, [&, due] {
            CHECK(std::chrono::steady_clock::now() >= due);
            CHECK(due >= last);
            last = due;
            ++fired;
        }));
        timers.back()->arm(due);
        if (random() % 3 == 0) timers[random() % timers.size()]->disarm();
    }
    for (const auto& timer : timers) expected += timer->armed() ? 1 : 0;
    Timer end(loop, [&] { loop.stop(); });
    end.armAfter(60ms);
    loop.run();
    CHECK(fired == expected);
}

TEST_CASE("readiness reports bytes, room and a peer that left", "[io]") {
    std::array<int, 2> ends{};
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) == 0);
    struct Body {
        static Task<void> run(EventLoop& loop, int ours, int theirs) {
            Readiness readiness(loop, ours);
            Cancellation never, gone;
            CHECK(co_await readiness.writable(never));
            loop.post([theirs] { CHECK(write(theirs, "x", 1) == 1); });
            CHECK(co_await readiness.readable(never));
            char byte = 0;
            CHECK(read(ours, &byte, 1) == 1);
            readiness.cancelWhenPeerLeaves(&gone);
            loop.post([theirs] { shutdown(theirs, SHUT_WR); });
            Signal nothing(loop);
            CHECK_FALSE(co_await nothing.wait(gone));
            CHECK(gone.reason() == CancelReason::ClientGone);
            CHECK(readiness.peerLeft());
        }
    };
    EventLoop loop;
    runOn(loop, Body::run(loop, ends[0], ends[1]));
    close(ends[0]);
    close(ends[1]);
}

TEST_CASE("posting from many threads loses nothing", "[io]") {
    LoopGroup loops(2);
    std::atomic<int> ran{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&] {
            for (int i = 0; i < 5'000; ++i) loops[static_cast<std::size_t>(i) % 2].post([&ran] { ++ran; });
        });
    for (auto& thread : threads) thread.join();
    loops.onEach([](std::size_t) {});  // behind everything posted before
    CHECK(ran == 20'000);
}

TEST_CASE("a loop that ends destroys what still waits", "[io]") {
    struct Guard {
        int& destroyed;
        ~Guard() { ++destroyed; }
    };
    struct Body {
        static Task<void> inner(Signal& signal, Cancellation& cancellation, int& destroyed) {
            const Guard guard{destroyed};
            co_await signal.wait(cancellation);
            FAIL("nothing sets the signal");
        }
        static Task<void> outer(EventLoop& loop, Cancellation& cancellation, int& destroyed) {
            Signal signal(loop);
            const Guard guard{destroyed};
            const Deadline deadline(loop, cancellation, 10min);
            co_await inner(signal, cancellation, destroyed);
        }
    };
    int destroyed = 0;
    std::vector<std::unique_ptr<Cancellation>> cancellations;
    {
        EventLoop loop;
        for (int i = 0; i < 100; ++i) {
            cancellations.push_back(std::make_unique<Cancellation>());
            loop.spawn(Body::outer(loop, *cancellations.back(), destroyed));
        }
        Timer end(loop, [&] { loop.stop(); });
        end.armAfter(5ms);
        loop.run();
        CHECK(destroyed == 0);
    }
    CHECK(destroyed == 200);
}

TEST_CASE("the longest turn shows a job that held the loop", "[io]") {
    EventLoop loop;
    struct Body {
        static Task<void> run(EventLoop& loop) {
            std::this_thread::sleep_for(20ms);  // what must not happen on a loop
            Cancellation never;
            co_await sleepFor(loop, 1ms, never);
        }
    };
    runOn(loop, Body::run(loop));
    CHECK(loop.takeLongestTurn() >= 20ms);
    CHECK(loop.takeLongestTurn() == 0ms);
}
