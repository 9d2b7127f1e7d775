#include "app/operator_signals.h"

#include <cerrno>
#include <initializer_list>

namespace gw::app {

OperatorSignals::OperatorSignals() {
    sigemptyset(&set_);
    for (const int signal : {SIGHUP, SIGTERM, SIGINT}) sigaddset(&set_, signal);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    std::signal(SIGPIPE, SIG_IGN);  // NOLINT(cert-err33-c): a peer that left is an error code, not a signal
}

int OperatorSignals::wait() const {
    int signal = 0;
    while (sigwait(&set_, &signal) == EINTR) {
    }
    return signal;
}

}  // namespace gw::app
