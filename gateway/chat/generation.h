#pragma once
#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/strong_id.h"
#include "plugin_host/middleware_chain.h"
#include "plugin_host/provider.h"
#include "routing/model_router.h"

namespace gw::chat {

/// What one configuration gives to requests: built whole, published whole, and kept by every request that began under
/// it. Immutable. [any]
struct Generation {
    std::uint64_t number = 0;
    std::map<ProviderName, std::shared_ptr<const plugin_host::Provider>> providers;
    routing::ModelRouter router;
    std::map<std::string, std::shared_ptr<const plugin_host::MiddlewareChain>, std::less<>> chains;  // by route
    std::size_t attempts = 3;                                      // candidates asked per request at most
    std::string default_model;                                     // of sessions that name neither
    std::shared_ptr<const plugin_host::MiddlewareChain> no_chain;  // empty

    [[nodiscard]] std::shared_ptr<const plugin_host::MiddlewareChain> chain(std::string_view route) const {
        const auto found = chains.find(route);
        return found == chains.end() ? no_chain : found->second;
    }
    /// The model of a session that asks for a provider, a model, both or neither, as clients write it. Throws
    /// Error(ModelNotFound).
    [[nodiscard]] std::string modelOf(const std::string& provider, const std::string& model) const;
};

/// The generation that new requests begin under. [any]
class CurrentGeneration {
public:
    [[nodiscard]] std::shared_ptr<const Generation> get() const { return current_.load(std::memory_order_acquire); }
    void publish(std::shared_ptr<const Generation> next) { current_.store(std::move(next), std::memory_order_release); }

private:
    std::atomic<std::shared_ptr<const Generation>> current_;
};

}  // namespace gw::chat
