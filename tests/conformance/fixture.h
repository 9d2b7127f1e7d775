#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace conformance {

using Headers = std::vector<std::pair<std::string, std::string>>;

/// One exchange of a provider: what is asked, what it must send, what the upstream answers, what must come of it.
struct Fixture {
    std::string name;
    std::string config = "{}";
    std::string operation = "chat";
    std::string model = "upstream-model";
    std::string request;  // canonical
    bool stream = false;

    // Absent: not compared. The headers are all that are sent.
    std::string sends_path, sends_body;
    std::optional<Headers> sends_headers;

    std::uint32_t status = 200;
    Headers headers;   // of the response
    std::string body;  // of the response
    bool cut = false;  // the connection is lost behind the body

    std::vector<std::string> events;   // as EventLog writes them
    std::vector<std::string> frames;   // "ok" or "reform" for each; empty: not compared
    std::vector<std::uint64_t> waits;  // of a provider without an upstream
    /// "503 overloaded retry=1000 words": what the client is told; retry=never for what must not be tried again.
    std::string error;
};

/// The fixtures of one YAML file: a list of mappings with the members above. Unknown members throw.
[[nodiscard]] std::vector<Fixture> loadFixtures(const std::string& path);

}  // namespace conformance
