#pragma once
#include <gwp/middleware.h>

#include <string>
#include <vector>

#include "tests/abi/conformance/host_of_era.h"

namespace gw::conformance {

/// What a check looks at: one class of one library, as a host of some era sees it.
struct Subject {
    HostOfEra& host;
    const gwp_library* (*entry)(const gwp_host*, gwp_hctx*, gwp_error*);
    const gwp_library* library = nullptr;
    const gwp_class* plugin_class = nullptr;
    gwp_instance* instance = nullptr;
};

struct Check {
    const char* name;
    std::string (*run)(Subject&);  // empty: passed, or does not apply
};

/// In the order in which they make sense; the first ones set the subject up for the rest.
[[nodiscard]] const std::vector<Check>& checks();

}  // namespace gw::conformance
