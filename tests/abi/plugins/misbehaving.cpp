// One source of plugins that misbehave; MODE chooses how. None may harm the gateway, each must be named with a reason.
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <gwp/gwp.hpp>
#include <stdexcept>

#define MODE_CRASH_ENTRY 1
#define MODE_EXIT_ENTRY 2
#define MODE_HANG_ENTRY 3
#define MODE_GARBAGE 4
#define MODE_THROW_ENTRY 5
#define MODE_REFUSE 6
#define MODE_CRASH_CREATE 7
#define MODE_START_LATER 8
#define MODE_OTHER_ID 9
#define MODE_WRONG_MAJOR 10
#define MODE_EXPORTS 11
#define MODE_NEEDS 12
#define MODE_NEWER_HOST 13
#define MODE_CAPABILITY 14

namespace {

struct State {};
struct Bad : gwp::middleware<Bad, State> {
    static constexpr std::string_view id = "test.bad", title = "Bad", schema = R"({"type":"object"})";
#if MODE == MODE_CAPABILITY
    static constexpr std::array needs{gwp_str GWP_S("gwp.kv/1")};
#endif
    explicit Bad(const gwp_create_args& arguments) : dry((arguments.flags & 1) != 0) {
        if (MODE == MODE_CRASH_CREATE) std::raise(SIGKILL);
    }
    void start() {
        if (MODE == MODE_START_LATER && ++starts < 2) throw gwp::error(GWP_E_IO, "the database is away");
    }
    int starts = 0;
    bool dry;
};

}  // namespace

#if MODE == MODE_EXPORTS
extern "C" __attribute__((visibility("default"))) int stray_symbol(void) {
    return 1;
}
#endif

#if MODE == MODE_WRONG_MAJOR
#define FACTS R"("version":"1.0.0","abi":[2],)"
#elif MODE == MODE_NEEDS
#define FACTS R"("version":"1.0.0","abi":[1],"needs":["gwp.telepathy/1"],)"
#elif MODE == MODE_NEWER_HOST
#define FACTS R"("version":"1.0.0","abi":[1],"min_host_minor":7,)"
#elif MODE == MODE_OTHER_ID
#define FACTS R"("version":"9.9.9","abi":[1],)"
#else
#define FACTS R"("version":"1.0.0","abi":[1],)"
#endif
GWP_MANIFEST("{" FACTS R"("id":"test.bad","classes":[{"id":"test.bad","kind":"gwp.middleware/1"}]})");

extern "C" GWP_EXPORT const gwp_library* gwp_entry_1(const gwp_host* host, gwp_hctx*, gwp_error* error) noexcept {
    gwp::host = host;
    static gwp_library garbage = *gwp::library_of<Bad>("test.bad", "1.0.0", "MIT");
    if (MODE == MODE_THROW_ENTRY) throw std::runtime_error("through the boundary");  // noexcept: std::terminate
    if (MODE == MODE_CRASH_ENTRY) std::raise(SIGKILL);
    if (MODE == MODE_EXIT_ENTRY) std::_Exit(0);
    if (MODE == MODE_HANG_ENTRY)
        for (;;) {
            const timespec second = {1, 0};
            nanosleep(&second, nullptr);
        }
    if (MODE == MODE_GARBAGE) {
        garbage.n_classes = ~0ull;
        return &garbage;
    }
    if (MODE == MODE_REFUSE) {
        host->error_set(error, GWP_E_UNSUPPORTED, 0, -1, GWP_STR("mood"), GWP_STR("not today"));
        return nullptr;
    }
    return gwp::library_of<Bad>("test.bad", "1.0.0", "MIT");
}
