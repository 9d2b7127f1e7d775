#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "plugin_host/entry_mark.h"
#include "plugin_host/host_services.h"

namespace gw::plugin_host {

namespace {

/// One operation under way; its done() is called exactly once, never below the plugin frame that asked. [any]
class KvCall : public std::enable_shared_from_this<KvCall> {
public:
    struct Reply {
        gwp_token owner;
        gwp_kv_done done;
        void* user;
    };
    KvCall(InstanceContext& context, std::shared_ptr<const void> instance, Reply reply)
        : instance_(std::move(instance)), context_(context), reply_(reply) {}
    KvCall(const KvCall&) = delete;
    KvCall& operator=(const KvCall&) = delete;
    ~KvCall() { finish(GWP_E_GONE); }

    void answer(KeyValueStore::Answer answer) {
        answer_ = std::move(answer);
        auto self = shared_from_this();
        const auto complete = [self](gwp_status status, void* /*object*/) {
            self->finish(status == GWP_OK ? statusOf(self->answer_.outcome) : status);
        };
        if (reply_.owner != 0 && context_.host.tokens.post(reply_.owner, complete)) return;
        const gwp_status status = reply_.owner == 0 ? GWP_OK : GWP_E_GONE;
        const auto later = [complete, status] { complete(status, nullptr); };
        if (!context_.host.workers.submit(later)) context_.host.control.post(later);
    }
    void abandon() noexcept { finished_ = true; }

private:
    static gwp_status statusOf(KeyValueStore::Outcome outcome) noexcept {
        using enum KeyValueStore::Outcome;
        switch (outcome) {
            case Done: return GWP_OK;
            case Absent: return GWP_E_NOT_FOUND;
            case Exists: return GWP_E_EXISTS;
            case TooLarge: return GWP_E_LIMIT;
            case NotANumber: return GWP_E_INVALID;
            case Unavailable: return GWP_E_IO;
        }
        return GWP_E_INTERNAL;
    }
    void finish(gwp_status status) {
        if (std::exchange(finished_, true)) return;
        const EntryMark mark(context_, "kv.done");
        reply_.done(reply_.user, status, abiBytes(answer_.value), answer_.number);
    }

    std::shared_ptr<const void> instance_;
    InstanceContext& context_;
    Reply reply_;
    KeyValueStore::Answer answer_;
    bool finished_ = false;
};

std::string namespaced(const InstanceContext& context, gwp_bytes key) {
    return context.name + '\0' + std::string(view(key));
}

/// `operate` gets the store and a callback that ends the call.
template <class F>
gwp_status begin(gwp_hctx* hc, KvCall::Reply reply, F&& operate) noexcept {
    if (reply.done == nullptr) return GWP_E_INVALID;
    InstanceContext& context = InstanceContext::of(hc);
    if (reply.owner != 0 && !context.host.tokens.alive(reply.owner)) return GWP_E_GONE;
    auto instance = context.self.lock();
    if (instance == nullptr) return GWP_E_GONE;
    std::shared_ptr<KvCall> call;
    try {
        call = std::make_shared<KvCall>(context, std::move(instance), reply);
        std::forward<F>(operate)(*context.host.kv, context,
                                 [call](KeyValueStore::Answer answer) { call->answer(std::move(answer)); });
        return GWP_OK;
    } catch (...) {
        if (call != nullptr) call->abandon();
        return GWP_E_BUSY;
    }
}

gwp_status get(gwp_hctx* hc, gwp_token owner, gwp_bytes key, gwp_kv_done done, void* user) noexcept {
    return begin(hc, {owner, done, user}, [&](KeyValueStore& store, const InstanceContext& context, auto answer) {
        store.get(namespaced(context, key), std::move(answer));
    });
}

// The parameters are the ABI's. NOLINTNEXTLINE(readability-function-size)
gwp_status set(gwp_hctx* hc, gwp_token owner, gwp_bytes key, gwp_bytes value, std::uint64_t ttl_ms,
               std::uint32_t only_if_absent, gwp_kv_done done, void* user) noexcept {
    return begin(hc, {owner, done, user}, [&](KeyValueStore& store, const InstanceContext& context, auto answer) {
        KeyValueStore::Write write{std::string(view(value)), std::chrono::milliseconds(ttl_ms), only_if_absent != 0};
        store.set(namespaced(context, key), std::move(write), std::move(answer));
    });
}

// The parameters are the ABI's. NOLINTNEXTLINE(readability-function-size)
gwp_status increment(gwp_hctx* hc, gwp_token owner, gwp_bytes key, std::int64_t by, std::uint64_t ttl_ms,
                     gwp_kv_done done, void* user) noexcept {
    return begin(hc, {owner, done, user}, [&](KeyValueStore& store, const InstanceContext& context, auto answer) {
        store.increment(namespaced(context, key), by, std::chrono::milliseconds(ttl_ms), std::move(answer));
    });
}

gwp_status removeKey(gwp_hctx* hc, gwp_token owner, gwp_bytes key, gwp_kv_done done, void* user) noexcept {
    return begin(hc, {owner, done, user}, [&](KeyValueStore& store, const InstanceContext& context, auto answer) {
        store.remove(namespaced(context, key), std::move(answer));
    });
}

}  // namespace

const gwp_svc_kv& kvService() noexcept {
    static constexpr gwp_svc_kv kTable = {sizeof(gwp_svc_kv), 0, get, set, increment, removeKey};
    return kTable;
}

}  // namespace gw::plugin_host
