#pragma once
#include <string>

namespace gw::plugin_host {

/// From here on a fatal signal first writes "plugin=… phase=… library=… signal=…" to standard error and, if `file` is
/// not empty, to that file (truncated), then ends the process as it would have. Without a plugin on the stack:
/// plugin=-. [main]
void reportCrashes(const std::string& file);

/// What reportCrashes() left of the last process: the instance that ran; empty: none, or no crash. [main]
[[nodiscard]] std::string crashedInstance(const std::string& file);

}  // namespace gw::plugin_host
