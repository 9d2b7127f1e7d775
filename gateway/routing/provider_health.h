#pragma once
#include <chrono>
#include <map>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "base/strong_id.h"

namespace gw::routing {

/// Who failed lately and rests: after `failures` failures in a row a provider is passed over for `rest`, as long as
/// another candidate is left. [any]
class ProviderHealth {
public:
    struct Options {
        int failures = 3;
        std::chrono::milliseconds rest{15'000};
    };
    struct Report {
        bool resting = false;
        int failures_in_a_row = 0;
        std::string last_error;  // an error code's name; empty: none yet
    };

    explicit ProviderHealth(Options options) : options_(options) {}
    void succeeded(const ProviderName& provider);
    void failed(const ProviderName& provider, std::string error, MonoTime now);
    [[nodiscard]] bool resting(const ProviderName& provider, MonoTime now) const;
    [[nodiscard]] Report report(const ProviderName& provider, MonoTime now) const;

private:
    struct Entry {
        int failures = 0;
        MonoTime rests_until;
        std::string last_error;
    };
    const Options options_;
    mutable std::mutex mutex_;
    std::map<ProviderName, Entry> entries_;
};

}  // namespace gw::routing
