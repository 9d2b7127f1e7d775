#pragma once
#include <chrono>
#include <functional>
#include <future>
#include <map>
#include <string>
#include <vector>

#include "chat/dispatcher.h"
#include "chat/generation.h"
#include "io/cancellation.h"
#include "io/event_loop.h"
#include "routing/model_catalog.h"

namespace gw::app {

/// Asks every provider for its models at start, after a reload and from time to time, on one loop. A provider that does
/// not answer keeps the list it had. [any]
class ModelRefresh {
public:
    /// Whom to ask and how often; 0: never. Called on the loop.
    using Plan = std::function<std::map<ProviderName, std::chrono::milliseconds>()>;

    ModelRefresh(io::EventLoop& loop, chat::Dispatcher& dispatcher, const chat::CurrentGeneration& generation,
                 routing::ModelCatalog& catalog, Plan plan);
    ModelRefresh(const ModelRefresh&) = delete;
    ModelRefresh& operator=(const ModelRefresh&) = delete;
    ~ModelRefresh();

    /// Everybody is asked again now.
    void refreshNow();
    /// Blocks until the first round is over, at most that long.
    void awaitFirstRound(std::chrono::milliseconds limit) const;

private:
    [[nodiscard]] io::Task<void> run();
    [[nodiscard]] io::Task<void> askOne(ProviderName provider);

    io::EventLoop& loop_;
    chat::Dispatcher& dispatcher_;
    const chat::CurrentGeneration& generation_;
    routing::ModelCatalog& catalog_;
    const Plan plan_;
    io::Cancellation stop_;
    std::map<ProviderName, MonoTime> due_;
    std::size_t asking_ = 0;
    bool again_ = false;
    std::promise<void> first_round_, ended_;
    std::shared_future<void> first_round_over_{first_round_.get_future()};
};

}  // namespace gw::app
