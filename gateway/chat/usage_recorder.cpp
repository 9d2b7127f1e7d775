#include "chat/usage_recorder.h"

#include <chrono>
#include <span>
#include <utility>

#include "base/error.h"
#include "observability/log.h"
#include "storage/key_repository.h"

namespace gw::chat {
namespace {

/// A second of batching costs a crash at most a second of usage and makes one commit of a thousand rows.
constexpr std::chrono::milliseconds kBatchTime{1'000};
constexpr std::size_t kBatchRows = 5'000;

}  // namespace

UsageRecorder::UsageRecorder(storage::Store& store, storage::UsageSpool& spool, auth::Authenticator& authenticator,
                             observability::Metrics& metrics)
    : store_(store),
      spool_(spool),
      authenticator_(authenticator),
      lost_(metrics.counter("gateway_usage_lost_total", "Usage rows that fitted neither database nor spool")),
      thread_([this](const std::stop_token& stop) { drain(stop); }) {}

void UsageRecorder::record(storage::UsageRecord record) {
    const std::scoped_lock lock(mutex_);
    queue_.push_back(std::move(record));
    if (queue_.size() == kBatchRows) wake_.notify_one();
}

std::size_t UsageRecorder::waiting() const {
    const std::scoped_lock lock(mutex_);
    return queue_.size();
}

std::vector<storage::UsageRecord> UsageRecorder::take(const std::stop_token& stop, bool& stopping) {
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop, kBatchTime, [this] { return queue_.size() >= kBatchRows; });
    // Usage is money: a stop request takes what is queued along.
    stopping = stop.stop_requested();
    return std::exchange(queue_, {});
}

void UsageRecorder::drain(const std::stop_token& stop) {
    for (bool stopping = false; !stopping;) {
        save(take(stop, stopping));
        touchKeys();
    }
}

void UsageRecorder::save(std::vector<storage::UsageRecord> batch) noexcept {
    try {
        if (!spool_.empty()) spool_.drain(store_);
        if (!batch.empty())
            store_.inTransaction(
                [&](storage::StoreSession& session) { storage::UsageRepository(session).insertBatch(batch); });
        return;
    } catch (const std::exception& error) {
        observability::log(observability::Level::Warn, "chat", "usage waits for the database",
                           {{"error", error.what()}});
    }
    const auto written = spool_.append(batch);
    if (written < batch.size()) lost_.add(static_cast<double>(batch.size() - written));
}

void UsageRecorder::touchKeys() {
    const auto uses = authenticator_.takeLastUses();
    if (uses.empty()) return;
    try {
        store_.inTransaction(
            [&](storage::StoreSession& session) { storage::KeyRepository(session).touchLastUsed(uses); });
    } catch (const std::exception& error) {  // only a display: the next use says it again
        observability::log(observability::Level::Debug, "chat", "last uses of keys not written",
                           {{"error", error.what()}});
    }
}

}  // namespace gw::chat
