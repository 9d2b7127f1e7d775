#pragma once
#include <chrono>
#include <string>
#include <vector>

#include "plugin_host/manifest.h"
#include "plugin_host/plugin_specs.h"

namespace gw::plugin_host {

/// The first argument that makes the binary a probe: main() hands over to runProbe() then, before anything else.
inline constexpr const char* kProbeArgument = "--internal-probe";

struct ProbeOptions {
    std::string executable = "/proc/self/exe";  // must call runProbe() for kProbeArgument
    std::chrono::milliseconds limit{5'000};
};

/// What a child is asked to try: map the copy, call the entry, create each instance as a dry run, destroy it.
struct ProbeRequest {
    std::string copy, sha256;
    std::string manifest;  // its JSON text
    std::vector<std::string> grants;
    std::vector<InstanceSpec> instances;
};

struct ProbeResult {
    std::string reason;  // empty: all went well
    std::string json;    // the child's view; empty when it died
    /// By position in ProbeRequest::instances; empty: created and destroyed.
    std::vector<std::string> instance_reasons;
};

/// Runs a child and waits for its verdict: a crash, a hang, an exit and garbage are each told apart. Secret values are
/// not handed over. [main]
[[nodiscard]] ProbeResult probe(const ProbeOptions& options, const ProbeRequest& request);

/// The child: reads the request from standard input, answers with JSON lines on descriptor 3. Does not return to static
/// destructors: ends the process.
[[noreturn]] void runProbe(int argc, char** argv);

}  // namespace gw::plugin_host
