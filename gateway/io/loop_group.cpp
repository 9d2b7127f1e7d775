#include "io/loop_group.h"

#include <future>

namespace gw::io {

LoopGroup::LoopGroup(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) loops_.push_back(std::make_unique<EventLoop>());
    for (const auto& loop : loops_) threads_.emplace_back([&loop = *loop] { loop.run(); });
}

void LoopGroup::stop() {
    for (const auto& loop : loops_) loop->stop();
    for (auto& thread : threads_)
        if (thread.joinable()) thread.join();
}

void LoopGroup::onEach(const std::function<void(std::size_t)>& job) const {
    std::vector<std::promise<void>> done(loops_.size());
    for (std::size_t i = 0; i < loops_.size(); ++i)
        loops_[i]->post([&job, &done, i] {
            try {
                job(i);
                done[i].set_value();
            } catch (...) {
                done[i].set_exception(std::current_exception());
            }
        });
    std::vector<std::future<void>> results;
    results.reserve(done.size());
    for (auto& promise : done) results.push_back(promise.get_future());
    for (const auto& result : results) result.wait();  // all, before the first exception lets `job` go
    for (auto& result : results) result.get();
}

}  // namespace gw::io
