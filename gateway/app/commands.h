#pragma once
#include <string>
#include <vector>

namespace gw::app {

/// Does what the command line asks for and returns the exit code (see helpText()). Throws std::exception with a line
/// for the user. [main]
[[nodiscard]] int runCommand(const std::vector<std::string>& arguments);

}  // namespace gw::app
