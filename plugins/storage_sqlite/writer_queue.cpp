#include "writer_queue.h"

#include <algorithm>
#include <chrono>

namespace sqlite_store {
namespace {

gwp::error tooLate() {
    return {GWP_E_TIMEOUT, "the writer was not free in time", "storage_timeout", 503, 0};
}

class Exclusive final : public WriteJob {
public:
    using WriteJob::WriteJob;

private:
    gwp_status run(Connection&) override { return GWP_OK; }
    bool exclusive() const noexcept override { return true; }
};

}  // namespace

/// Jobs that share one transaction; after all() each has its status or its error.
class WriteBatch {
public:
    WriteBatch(Connection& connection, std::vector<WriteJob*> jobs) : connection_(connection), left_(std::move(jobs)) {}

    void all() noexcept {
        const Watch leaders = left_.front()->watch_;
        while (!left_.empty()) {
            try {
                connection_.watch(leaders);
                connection_.begin(false);
                round();
            } catch (const gwp::error& error) {
                failAll(error);
            }
        }
        connection_.rollback();
    }

private:
    // A statement may take the whole transaction down (a deadline, a full disk). Its own error stands; the others have
    // done nothing wrong and run again, unless the disk is to blame.
    void round() {
        for (WriteJob* job : left_) {
            runOne(*job);
            if (connection_.inTransaction()) continue;
            if (job->error_ && job->error_->code == GWP_E_IO) return failAll(gwp::error(*job->error_));
            left_.erase(std::ranges::find(left_, job));
            return;
        }
        connection_.watch({});
        connection_.commit();
        left_.clear();
    }
    void runOne(WriteJob& job) {
        job.error_.reset();
        connection_.watch(job.watch_);
        try {
            job.status_ = job.run(connection_);
        } catch (const gwp::error& error) {
            job.error_ = error;
        } catch (const std::exception& error) {
            job.error_ = gwp::error(GWP_E_INTERNAL, error.what(), "storage_error");
        }
    }
    void failAll(const gwp::error& error) {
        for (WriteJob* job : left_) job->error_ = error;
        left_.clear();
    }

    Connection& connection_;
    std::vector<WriteJob*> left_;
};

gwp_status WriterQueue::run(Connection& mine, WriteJob& job) {
    std::unique_lock lock(mutex_);
    enter(lock, job);
    if (job.state_ == WriteJob::State::Leading) {
        const Batch batch = takeBatch(job);
        lock.unlock();
        WriteBatch(mine, batch).all();
        lock.lock();
        for (WriteJob* member : batch) {
            member->state_ = WriteJob::State::Done;
            if (member != &job) member->wake_.notify_one();
        }
        handOver();
    }
    if (job.error_) throw gwp::error(*job.error_);
    return job.status_;
}

void WriterQueue::acquire(const Watch& watch) {
    Exclusive job(watch);
    std::unique_lock lock(mutex_);
    enter(lock, job);
}

void WriterQueue::release() noexcept {
    const std::lock_guard lock(mutex_);
    handOver();
}

void WriterQueue::wakeAll() noexcept {
    const std::lock_guard lock(mutex_);
    for (WriteJob* job : waiting_) job->wake_.notify_one();
}

// Returns when `job` leads, or is done; throws when it is too late for it.
void WriterQueue::enter(std::unique_lock<std::mutex>& lock, WriteJob& job) {
    if (!busy_) {
        busy_ = true;
        job.state_ = WriteJob::State::Leading;
        return;
    }
    waiting_.push_back(&job);
    while (job.state_ == WriteJob::State::Waiting || job.state_ == WriteJob::State::InBatch) {
        if (job.state_ == WriteJob::State::Waiting && job.watch_.expired()) {
            waiting_.erase(std::ranges::find(waiting_, &job));
            throw tooLate();
        }
        const std::uint64_t now = nowNs();
        if (job.state_ == WriteJob::State::InBatch || job.watch_.deadline_ns == 0)
            job.wake_.wait(lock);
        else if (job.watch_.deadline_ns > now)
            job.wake_.wait_for(lock, std::chrono::nanoseconds(job.watch_.deadline_ns - now));
    }
}

WriterQueue::Batch WriterQueue::takeBatch(WriteJob& leader) {
    Batch batch{&leader};
    while (!waiting_.empty() && !waiting_.front()->exclusive() && batch.size() < kMaxBatch) {
        waiting_.front()->state_ = WriteJob::State::InBatch;
        batch.push_back(waiting_.front());
        waiting_.pop_front();
    }
    return batch;
}

void WriterQueue::handOver() noexcept {
    if (waiting_.empty()) {
        busy_ = false;
        return;
    }
    waiting_.front()->state_ = WriteJob::State::Leading;
    waiting_.front()->wake_.notify_one();
    waiting_.pop_front();
}

}  // namespace sqlite_store
