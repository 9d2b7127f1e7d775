#pragma once
#include <string>
#include <vector>

namespace gw::config {

/// One thing wrong with the configuration. Never holds a secret's value.
struct Finding {
    enum class Severity { Error, Warning };
    Severity severity = Severity::Error;
    std::string file;   // as found, or "--set", or "environment"
    int line = 0;       // from 1; 0: the file as a whole
    std::string field;  // dotted path, or a JSON pointer into an instance's config; may be empty
    std::string reason;

    auto operator<=>(const Finding&) const = default;
};

using Findings = std::vector<Finding>;

[[nodiscard]] bool hasErrors(const Findings& findings) noexcept;
/// "etc/gateway.yaml:3: server.prot: unknown key …"; warnings say so.
[[nodiscard]] std::string toText(const Finding& finding);

}  // namespace gw::config
