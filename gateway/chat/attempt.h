#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "base/strong_id.h"
#include "protocol/chat_aggregate.h"
#include "protocol/usage.h"

namespace gw::chat {

/// How asking one candidate, or all of them, ended. A value on every path: what was received is owed, whatever came
/// after.
struct AttemptResult {
    ProviderName provider;
    ModelName model;  // the upstream's name
    protocol::Usage usage;
    std::size_t content_bytes = 0;         // of text, reasoning and tool arguments
    std::string finish_reason;             // empty: no real end
    protocol::ChatAggregate answer;        // gathered only when somebody needs it
    MonoTime begun, first_content, ended;  // first_content: epoch if none came
    std::uint32_t attempts = 0;            // candidates asked
    bool client_gone = false;
    std::optional<Error> error;  // absent: a complete answer (or the client left)

    [[nodiscard]] bool ok() const noexcept { return !error && !client_gone; }
};

}  // namespace gw::chat
