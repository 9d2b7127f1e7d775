#pragma once
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include "auth/authenticator.h"
#include "observability/metrics.h"
#include "storage/store.h"
#include "storage/usage_repository.h"
#include "storage/usage_spool.h"

namespace gw::chat {

/// Writes usage down in batches, off the loops, on a thread of its own. Without a database the rows wait in the spool;
/// at the end everything queued is written before the thread stops. record() is [any]; the queue is bounded, and what
/// does not fit goes straight to the spool.
class UsageRecorder {
public:
    /// All must outlive the recorder.
    UsageRecorder(storage::Store& store, storage::UsageSpool& spool, auth::Authenticator& authenticator,
                  observability::Metrics& metrics);
    UsageRecorder(const UsageRecorder&) = delete;
    UsageRecorder& operator=(const UsageRecorder&) = delete;

    void record(storage::UsageRecord record);
    /// Rows not in the database yet, the spool's left out.
    [[nodiscard]] std::size_t waiting() const;

private:
    [[nodiscard]] std::vector<storage::UsageRecord> take(const std::stop_token& stop, bool& stopping);
    void drain(const std::stop_token& stop);
    void save(std::vector<storage::UsageRecord> batch) noexcept;
    void touchKeys();

    storage::Store& store_;
    storage::UsageSpool& spool_;
    auth::Authenticator& authenticator_;
    observability::Metrics::Counter& lost_;
    mutable std::mutex mutex_;
    std::condition_variable_any wake_;
    std::vector<storage::UsageRecord> queue_;
    std::jthread thread_;  // last: it uses everything above
};

}  // namespace gw::chat
