#pragma once
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <type_traits>
#include <vector>

#include "io/cancellation.h"
#include "io/event_loop.h"
#include "io/signal.h"
#include "io/task.h"

namespace gw::io {

/// A fixed number of threads for what blocks: storage, password hashing, files. The queue is bounded: a full pool
/// refuses (Error Unavailable) rather than let every request wait. [any] unless marked.
class WorkerPool {
public:
    WorkerPool(std::size_t threads, std::size_t queue_limit);
    WorkerPool(const WorkerPool&) = delete;
    WorkerPool& operator=(const WorkerPool&) = delete;
    ~WorkerPool() { stop(); }

    /// Finishes the jobs that run, drops those that wait (their awaiters get Error ShuttingDown), joins the threads.
    void stop();
    /// False when the queue is full or the pool has stopped; the job is not run then.
    [[nodiscard]] bool submit(std::function<void()> job);
    [[nodiscard]] std::size_t waiting() const;
    [[nodiscard]] std::size_t running() const noexcept { return running_.load(std::memory_order_relaxed); }
    [[nodiscard]] std::size_t threads() const noexcept { return threads_.size(); }

    /// Runs `job` on a worker and comes back on this loop with its value or its exception. What the job refers to lives
    /// as long as the awaiting coroutine, which always waits for its end. [loop]
    template <class F>
    Task<std::invoke_result_t<F&>> run(F job) {
        auto state = std::make_shared<Job<F>>(*EventLoop::current(), std::move(job));
        enqueue(state);
        co_await state->done.waitAlways();
        co_return state->take();
    }

    /// The same, but a job that has not begun when `cancellation` strikes is given up: false (or nothing) at once. One
    /// that runs is waited for, since it may use what the awaiting coroutine owns. [loop]
    template <class F>
    Task<std::optional<std::invoke_result_t<F&>>> run(F job, Cancellation& cancellation) {
        auto state = std::make_shared<Job<F>>(*EventLoop::current(), std::move(job));
        enqueue(state);
        const bool finished = co_await state->done.wait(cancellation);
        if (!finished && state->abandon()) co_return std::nullopt;
        if (!finished) co_await state->done.waitAlways();
        co_return state->take();
    }

private:
    /// Shared by the awaiting coroutine and the queue, so that either may end first.
    class Queued {
    public:
        explicit Queued(EventLoop& loop) : done(loop), loop_(loop) {}
        Queued(const Queued&) = delete;
        Queued& operator=(const Queued&) = delete;
        virtual ~Queued() = default;
        /// Whether the job will never run; false when it runs already.
        [[nodiscard]] bool abandon() noexcept {
            int expected = kWaiting;
            return state_.compare_exchange_strong(expected, kAbandoned);
        }
        void execute(const std::shared_ptr<Queued>& self, bool stopped) noexcept;
        Signal done;

    protected:
        virtual void call() = 0;
        void rethrow() const {
            if (error_) std::rethrow_exception(error_);
        }

    private:
        static constexpr int kWaiting = 0, kRunning = 1, kAbandoned = 2;
        EventLoop& loop_;
        std::atomic<int> state_{kWaiting};
        std::exception_ptr error_;
    };

    template <class F>
    class Job final : public Queued {
        using Result = std::invoke_result_t<F&>;

    public:
        Job(EventLoop& loop, F job) : Queued(loop), job_(std::move(job)) {}
        Result take() {
            this->rethrow();
            if constexpr (!std::is_void_v<Result>) return std::move(*result_);
        }

    private:
        void call() override {
            if constexpr (std::is_void_v<Result>)
                job_();
            else
                result_.emplace(job_());
        }
        struct Nothing {};
        F job_;
        std::optional<std::conditional_t<std::is_void_v<Result>, Nothing, Result>> result_;
    };

    struct Entry {
        std::function<void()> job;       // submit()
        std::shared_ptr<Queued> queued;  // run()
    };

    void enqueue(std::shared_ptr<Queued> queued);
    [[nodiscard]] bool push(Entry entry);
    [[nodiscard]] bool pop(Entry& entry);
    void work();

    const std::size_t limit_;
    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<Entry> queue_;
    bool stopped_ = false;
    std::atomic<std::size_t> running_{0};
    std::vector<std::thread> threads_;
};

}  // namespace gw::io
