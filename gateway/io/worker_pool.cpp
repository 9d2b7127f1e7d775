#include "io/worker_pool.h"

#include <utility>

#include "base/error.h"

namespace gw::io {

WorkerPool::WorkerPool(std::size_t threads, std::size_t queue_limit) : limit_(queue_limit) {
    threads_.reserve(threads);
    for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

void WorkerPool::stop() {
    std::deque<Entry> dropped;
    {
        const std::scoped_lock lock(mutex_);
        stopped_ = true;
        dropped.swap(queue_);
    }
    wake_.notify_all();
    for (auto& entry : dropped)
        if (entry.queued) entry.queued->execute(entry.queued, true);
    for (auto& thread : threads_)
        if (thread.joinable()) thread.join();
}

bool WorkerPool::push(Entry entry) {
    {
        const std::scoped_lock lock(mutex_);
        if (stopped_ || queue_.size() >= limit_) return false;
        queue_.push_back(std::move(entry));
    }
    wake_.notify_one();
    return true;
}

bool WorkerPool::submit(std::function<void()> job) {
    return push({std::move(job), nullptr});
}

void WorkerPool::enqueue(std::shared_ptr<Queued> queued) {
    if (!push({{}, std::move(queued)}))
        throw Error(ErrorCode::Unavailable, "the gateway is overloaded, try again later", "worker queue full")
            .withRetryAfter(std::chrono::seconds(1));
}

std::size_t WorkerPool::waiting() const {
    const std::scoped_lock lock(mutex_);
    return queue_.size();
}

bool WorkerPool::pop(Entry& entry) {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [this] { return stopped_ || !queue_.empty(); });
    if (queue_.empty()) return false;
    entry = std::move(queue_.front());
    queue_.pop_front();
    return true;
}

void WorkerPool::work() {
    for (Entry entry; pop(entry); entry = {}) {
        running_.fetch_add(1, std::memory_order_relaxed);
        if (entry.queued)
            entry.queued->execute(entry.queued, false);
        else
            entry.job();
        running_.fetch_sub(1, std::memory_order_relaxed);
    }
}

void WorkerPool::Queued::execute(const std::shared_ptr<Queued>& self, bool stopped) noexcept {
    int expected = kWaiting;
    if (!state_.compare_exchange_strong(expected, kRunning)) return;
    try {
        if (stopped) throw Error(ErrorCode::ShuttingDown, "the gateway is shutting down");
        call();
    } catch (...) {
        error_ = std::current_exception();
    }
    loop_.post([self] { self->done.set(); });
}

}  // namespace gw::io
