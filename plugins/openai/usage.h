#pragma once
#include "json_value.h"

namespace openai {

/// Tokens as told by a usage object, in whichever dialect it is written.
struct UsageReading {
    gwp_usage usage{sizeof(gwp_usage), 0, -1, -1, -1, -1, -1};
    bool odd = false;  // numbers as text: strict clients stumble
    [[nodiscard]] bool told() const { return usage.input >= 0 || usage.output >= 0; }
};

[[nodiscard]] UsageReading readUsage(Json usage);

}  // namespace openai
