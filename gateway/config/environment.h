#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "config/finding.h"

namespace gw::config {

/// The variables a configuration may refer to: those of the process, then those of a .env file, which never override.
class Environment {
public:
    using Variables = std::map<std::string, std::string, std::less<>>;

    Environment() = default;
    explicit Environment(Variables variables) : variables_(std::move(variables)) {}
    /// The process's own.
    [[nodiscard]] static Environment ofProcess();

    /// Adds what a .env file says: NAME=value, optional "export ", '…' literal, "…" with \n \t \" \\ \$, # comments.
    void addDotEnv(const std::string& text, const std::string& file, Findings& findings);
    /// What the variables of the deployment mean here: DATABASE_URL -> GATEWAY_SQLITE_PATH; those that name a service
    /// no part of this build uses are findings.
    void interpret(Findings& findings);

    [[nodiscard]] std::optional<std::string> find(std::string_view name) const;
    [[nodiscard]] bool isSet(std::string_view name) const;  // and not empty

private:
    Variables variables_;
};

}  // namespace gw::config
