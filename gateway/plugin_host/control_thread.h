#pragma once
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "base/clock.h"

namespace gw::plugin_host {

/// The one thread that loads, creates, starts, stops and destroys plugins, and fires their timers: the ABI's [main].
/// Jobs run in the order of their time. [any]
class ControlThread {
public:
    ControlThread();
    ControlThread(const ControlThread&) = delete;
    ControlThread& operator=(const ControlThread&) = delete;
    ~ControlThread() { stop(); }

    /// Must not throw. After stop() it runs at once, here: nobody else is left to do it.
    void post(std::function<void()> job);
    /// After stop() it is dropped.
    void postAt(MonoTime due, std::function<void()> job);
    /// Runs what is due, drops what is not, joins. Not from the thread itself.
    void stop();
    [[nodiscard]] bool isCurrent() const noexcept { return thread_.get_id() == std::this_thread::get_id(); }

    /// Runs `job` there, waits for its end and rethrows its exception; at once when this is that thread already.
    template <class F>
    void call(F&& job) {
        if (isCurrent()) return std::forward<F>(job)();
        Waiting waiting;
        post([&waiting, &job] {
            std::exception_ptr error;
            try {
                job();
            } catch (...) {
                error = std::current_exception();
            }
            waiting.finish(error);
        });
        waiting.wait();
    }

private:
    class Waiting {
    public:
        void finish(std::exception_ptr error);
        void wait();

    private:
        std::mutex mutex_;
        std::condition_variable changed_;
        bool done_ = false;
        std::exception_ptr error_;
    };
    void run();

    std::mutex mutex_;
    std::condition_variable changed_;
    std::multimap<MonoTime, std::function<void()>> jobs_;
    bool stopping_ = false;
    bool stopped_ = false;
    std::thread thread_;
};

}  // namespace gw::plugin_host
