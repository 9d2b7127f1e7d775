#pragma once
#include <csignal>

namespace gw::app {

/// The signals an operator sends, taken one by one by the main thread. Made before any other thread, so that all of
/// them inherit the blocked mask. [main]
class OperatorSignals {
public:
    OperatorSignals();
    /// Waits for SIGHUP, SIGTERM or SIGINT.
    [[nodiscard]] int wait() const;

private:
    sigset_t set_{};
};

}  // namespace gw::app
