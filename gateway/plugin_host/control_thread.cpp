#include "plugin_host/control_thread.h"

namespace gw::plugin_host {

ControlThread::ControlThread() {
    thread_ = std::thread([this] { run(); });
}

void ControlThread::post(std::function<void()> job) {
    {
        const std::lock_guard lock(mutex_);
        if (!stopped_) {
            jobs_.emplace(std::chrono::steady_clock::now(), std::move(job));
            job = nullptr;
        }
    }
    if (job) return job();
    changed_.notify_one();
}

void ControlThread::postAt(MonoTime due, std::function<void()> job) {
    {
        const std::lock_guard lock(mutex_);
        if (stopped_) return;
        jobs_.emplace(due, std::move(job));
    }
    changed_.notify_one();
}

void ControlThread::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_one();
    if (thread_.joinable()) thread_.join();
    std::multimap<MonoTime, std::function<void()>> late;
    {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
        late.swap(jobs_);
    }
    const auto now = std::chrono::steady_clock::now();
    for (const auto& [due, job] : late)
        if (due <= now) job();
}

void ControlThread::run() {
    std::unique_lock lock(mutex_);
    while (true) {
        const auto now = std::chrono::steady_clock::now();
        if (!jobs_.empty() && jobs_.begin()->first <= now) {
            auto job = jobs_.extract(jobs_.begin());
            lock.unlock();
            job.mapped()();
            job.mapped() = nullptr;  // what it holds may post again when it goes
            lock.lock();
        } else if (stopping_) {
            return;
        } else if (jobs_.empty()) {
            changed_.wait(lock);
        } else {
            changed_.wait_until(lock, MonoTime(jobs_.begin()->first));
        }
    }
}

void ControlThread::Waiting::finish(std::exception_ptr error) {
    const std::lock_guard lock(mutex_);
    error_ = std::move(error);
    done_ = true;
    changed_.notify_one();
}

void ControlThread::Waiting::wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return done_; });
    if (error_) std::rethrow_exception(error_);
}

}  // namespace gw::plugin_host
