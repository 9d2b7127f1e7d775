#include "app/model_refresh.h"

#include <utility>

#include "chat/model_discovery.h"
#include "io/timer.h"
#include "observability/log.h"

namespace gw::app {
namespace {

/// How often the plan is looked at; a provider that failed is asked again after kRetry.
constexpr std::chrono::milliseconds kTick{200};
constexpr std::chrono::seconds kRetry{30};

}  // namespace

ModelRefresh::ModelRefresh(io::EventLoop& loop, chat::Dispatcher& dispatcher, const chat::CurrentGeneration& generation,
                           routing::ModelCatalog& catalog, Plan plan)
    : loop_(loop), dispatcher_(dispatcher), generation_(generation), catalog_(catalog), plan_(std::move(plan)) {
    loop_.post([this] { loop_.spawn(run()); });
}

ModelRefresh::~ModelRefresh() {
    loop_.post([this] { stop_.cancel(io::CancelReason::Shutdown); });
    ended_.get_future().wait();
}

void ModelRefresh::refreshNow() {
    loop_.post([this] { again_ = true; });
}

void ModelRefresh::awaitFirstRound(std::chrono::milliseconds limit) const {
    first_round_over_.wait_for(limit);
}

io::Task<void> ModelRefresh::run() {
    bool first = true;
    do {
        if (std::exchange(again_, false)) due_.clear();
        for (const auto& [provider, every] : plan_()) {
            auto& due = due_[provider];
            if (every.count() == 0 || due > loop_.now()) continue;
            due = loop_.now() + every;
            ++asking_;
            loop_.spawn(askOne(provider));
        }
        // The first round waits for its answers, so that whoever waits for it finds the lists there.
        while (first && asking_ > 0 && co_await io::sleepFor(loop_, std::chrono::milliseconds(1), stop_)) {
        }
        if (std::exchange(first, false)) first_round_.set_value();
    } while (co_await io::sleepFor(loop_, kTick, stop_));
    io::Cancellation always;
    while (asking_ > 0) co_await io::sleepFor(loop_, std::chrono::milliseconds(1), always);
    ended_.set_value();
}

io::Task<void> ModelRefresh::askOne(ProviderName provider) {
    const auto generation = generation_.get();
    try {
        auto models = co_await chat::discoverModels(dispatcher_, *generation, provider, stop_);
        // A list that comes after a reload is of a provider that may be gone.
        if (generation_.get() == generation) catalog_.set(provider, std::move(models));
    } catch (const std::exception& error) {
        due_[provider] = loop_.now() + kRetry;
        observability::log(observability::Level::Info, "app", "a provider did not list its models",
                           {{"provider", provider.str()}, {"error", error.what()}});
    }
    --asking_;
}

}  // namespace gw::app
