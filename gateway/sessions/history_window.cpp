#include "sessions/history_window.h"

namespace gw::sessions {

std::size_t fittingMessages(std::span<const Weighed> oldest_first, std::int64_t tokens, std::int64_t reserved) {
    std::int64_t left = tokens - reserved;
    std::size_t kept = 0;
    while (kept < oldest_first.size()) {
        const auto& message = oldest_first[oldest_first.size() - 1 - kept];
        left -= estimateTokens(message.bytes);
        if (left < 0) break;
        ++kept;
    }
    // An answer without its question would be the first thing the model reads.
    while (kept > 0 && oldest_first[oldest_first.size() - kept].role != "user") --kept;
    return kept;
}

}  // namespace gw::sessions
