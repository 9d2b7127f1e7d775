// conformance_storage "[.bench]": how many acknowledged single-verb inserts per second.
#include <atomic>
#include <cstdio>
#include <thread>

#include "tests/conformance/storage/verbs.h"
#include "tests/support/catch.h"

namespace gw::test {
namespace {

void measure(int threads) {
    Migrated database;
    constexpr auto kTime = std::chrono::seconds(4);
    std::atomic<std::uint64_t> done = 0;
    std::atomic<bool> stop = false;
    std::vector<std::thread> writers;
    for (int t = 0; t < threads; ++t)
        writers.emplace_back([&, t] {
            Verbs session(database);
            for (int i = 0; !stop; ++i) {
                const std::string id = std::to_string(t) + "-" + std::to_string(i);
                if (session.insert("things", {{"id", text(id)}, {"owner", text("o")}}) == GWP_OK) ++done;
            }
        });
    std::this_thread::sleep_for(kTime);
    stop = true;
    for (std::thread& writer : writers) writer.join();
    const double seconds = std::chrono::duration<double>(kTime).count();
    std::printf("%2d threads: %8.0f acknowledged inserts/s\n", threads, static_cast<double>(done) / seconds);
    CHECK(done > 0);
}

TEST_CASE("acknowledged inserts per second", "[.bench]") {
    for (const int threads : {1, 4, 16, 64}) measure(threads);
}

}  // namespace
}  // namespace gw::test
