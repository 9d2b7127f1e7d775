// A provider and a middleware in C++17 on the installed headers alone.
#include <gwp/gwp.hpp>

namespace {

struct Hello;
struct HelloExchange : gwp::exchange {
    HelloExchange(Hello& /*instance*/, const gwp_op& op) : model(gwp::sv(op.model)) {}
    gwp_status on_end(gwp_status why, gwp::events out, uint64_t& /*wait_ms*/) {
        if (why != GWP_OK) throw gwp::error(why, "no upstream was asked for");
        out.start("hello-1", model);
        out.text("hello");
        out.finish("stop");
        return GWP_OK;
    }
    std::string model;
};
struct Hello : gwp::provider<Hello, HelloExchange> {
    static constexpr std::string_view id = "test.hello", title = "Hello", schema = R"({"type":"object"})";
    explicit Hello(std::string_view /*config*/) {}
};

struct Seen {
    unsigned events = 0;
};
struct Counter : gwp::middleware<Counter, Seen> {
    static constexpr std::string_view id = "test.counter", title = "Counter", schema = R"({"type":"object"})";
    explicit Counter(std::string_view config) {
        if (config.find("\"throw\"") != std::string_view::npos) throw std::string("not even an exception");
        if (config.find("\"fail\"") != std::string_view::npos) throw gwp::error(GWP_E_INVALID, "I do not like this");
    }
    gwp_status on_event(gwp::txn, Seen& seen, const gwp_event&, const gwp_event_sink&) {
        ++seen.events;
        return GWP_MW_PASS;
    }
};

}  // namespace

GWP_MANIFEST(R"({"id":"test.plain_cpp","version":"1.2.0","abi":[1],"classes":[)"
             R"({"id":"test.hello","kind":"gwp.provider.translate/1"},)"
             R"({"id":"test.counter","kind":"gwp.middleware/1","stage":500}]})");
GWP_LIBRARY("test.plain_cpp", "1.2.0", "MIT", Hello, Counter)
