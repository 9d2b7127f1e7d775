#pragma once
#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/finding.h"
#include "config/options.h"
#include "config/yaml_node.h"

namespace gw::config {

/// Where an option's value lives. Its type decides how the value is written: durations with a unit, "30s".
using Slot = std::variant<bool*, int*, long*, std::uint16_t*, std::uint32_t*, std::size_t*, std::string*, Secret*,
                          std::vector<std::string>*, std::chrono::milliseconds*, std::chrono::seconds*,
                          observability::Level*, routing::ModelRouter::Aliases*>;

/// One thing an operator can say: the only place that knows its name, its bounds and what it is for.
struct Option {
    std::string path;  // "server.port"
    Slot slot;
    std::string help;
    std::int64_t least = 0;  // of numbers; milliseconds of a duration; bytes of a size
    std::int64_t most = std::numeric_limits<std::int64_t>::max();
    std::vector<std::string> choices;  // of a bool or a Level: the words for its values, in their order
    bool bytes = false;                // a number that may be written "32MiB"
    bool reload = false;               // SIGHUP applies it; otherwise a restart
    std::string needs;                 // path of an option without which this one has no effect

    Option& range(std::int64_t from, std::int64_t to = std::numeric_limits<std::int64_t>::max()) {
        least = from;
        most = to;
        return *this;
    }
    Option& size(std::int64_t from = 1) {
        bytes = true;
        return range(from, std::int64_t{1} << 40);
    }
    Option& oneOf(std::vector<std::string> words) {
        choices = std::move(words);
        return *this;
    }
    Option& live() {
        reload = true;
        return *this;
    }
    Option& only(std::string other) {
        needs = std::move(other);
        return *this;
    }
};

using OptionTable = std::vector<Option>;

/// The options of gateway.yaml over `options`, of a provider instance's `config`, of a middleware instance. The structs
/// outlive the table.
[[nodiscard]] OptionTable gatewayTable(GatewayOptions& options);
[[nodiscard]] OptionTable providerTable(ProviderOptions& options);
[[nodiscard]] OptionTable middlewareTable(MiddlewareOptions& options);

/// Writes every value of the tree `root` into its slot; what is unknown, malformed or out of bounds is a finding, and
/// so is an option whose `needs` is not given.
void readOptions(const OptionTable& table, const YamlNode& root, Findings& findings);

/// The current value as YAML on one line; of a secret "***" or nothing.
[[nodiscard]] std::string renderValue(const Option& option);
/// "duration", "size", "integer", "text", "list of text", …
[[nodiscard]] std::string typeName(const Option& option);

/// The known word nearest to `word`, or "" when none is near.
[[nodiscard]] std::string nearest(std::string_view word, const std::vector<std::string>& known);

}  // namespace gw::config
