#include <string>
#include <string_view>

#include "plugin_host/header_text.h"
#include "plugin_host/host_services.h"
#include "plugin_host/instance_context.h"
#include "plugin_host/resume_gate.h"
#include "plugin_host/txn.h"

namespace gw::plugin_host {
namespace {

/// Nothing is thrown over the border.
template <class Body>
gwp_status guarded(Body body) noexcept {
    try {
        return body();
    } catch (...) {
        return GWP_E_INTERNAL;
    }
}

gwp_token token(gwp_txn* txn) noexcept {
    try {
        return txn->token();
    } catch (...) {
        return 0;
    }
}

gwp_arena* arena(gwp_txn* txn) noexcept {
    return &txn->shared.arena;
}

void* state(gwp_txn* txn) noexcept {
    return txn->state;
}

void setState(gwp_txn* txn, void* state) noexcept {
    txn->state = state;
}

gwp_str get(gwp_txn* txn, gwp_str name) noexcept {
    try {
        // The core's facts first: an instance may be called "principal".
        const auto known = txn->shared.subject.fact(view(name));
        if (!known.empty()) return abi(known);
        const auto fact = txn->shared.facts.find(view(name));
        return fact != txn->shared.facts.end() ? abi(fact->second) : gwp_str{};
    } catch (...) {
        return {};
    }
}

gwp_status set(gwp_txn* txn, gwp_str name, gwp_str value) noexcept {
    return guarded([&] {
        const std::string& instance = txn->entry.link.instance->name();
        const auto key = view(name);
        const bool own = key.size() > instance.size() + 1 && key.substr(0, instance.size()) == instance &&
                         key[instance.size()] == '.';
        if (!own) return GWP_E_DENIED;
        txn->shared.facts.insert_or_assign(std::string(key), std::string(view(value)));
        return GWP_OK;
    });
}

gwp_str header(gwp_txn* txn, gwp_str lower_name) noexcept {
    try {
        return abi(txn->shared.subject.header(view(lower_name)));
    } catch (...) {
        return {};
    }
}

gwp_status setResponseHeader(gwp_txn* txn, gwp_str name, gwp_str value) noexcept {
    return guarded([&] {
        if (!isHeaderName(view(name)) || !isHeaderSafe(view(value))) return GWP_E_INVALID;
        txn->shared.subject.setResponseHeader(view(name), view(value));
        return GWP_OK;
    });
}

gwp_str requestJson(gwp_txn* txn) noexcept {
    try {
        return abi(txn->shared.subject.requestJson());
    } catch (...) {
        return {};
    }
}

gwp_status replaceRequest(gwp_txn* txn, gwp_str json) noexcept {
    return guarded([&] {
        if (txn->phase != Phase::Request) return GWP_E_DENIED;
        if (view(json).empty()) return GWP_E_INVALID;
        txn->shared.subject.replaceRequest(std::string(view(json)));
        return GWP_OK;
    });
}

gwp_str responseJson(gwp_txn* txn) noexcept {
    try {
        return txn->phase == Phase::Response ? abi(txn->shared.subject.responseJson()) : gwp_str{};
    } catch (...) {
        return {};
    }
}

gwp_status replaceResponse(gwp_txn* txn, gwp_str json) noexcept {
    return guarded([&] {
        // What was streamed has gone out already.
        if (txn->phase != Phase::Response || txn->shared.subject.fact("stream") == "true") return GWP_E_DENIED;
        if (view(json).empty()) return GWP_E_INVALID;
        txn->shared.subject.replaceResponse(std::string(view(json)));
        return GWP_OK;
    });
}

const gwp_event_sink* respond(gwp_txn* txn) noexcept {
    if (txn->phase != Phase::Request) return nullptr;
    if (!txn->answer_sink) txn->answer_sink.emplace(txn->answer);
    return txn->answer_sink->get();
}

gwp_status release(gwp_txn* txn, std::uint64_t events) noexcept {
    return guarded([&] {
        txn->release(events);
        return GWP_OK;
    });
}

gwp_status resume(gwp_hctx* hc, gwp_token token, gwp_status verdict) noexcept {
    return guarded([&] {
        const auto& context = InstanceContext::of(hc);
        if (!ResumeGate::ofProcess().close(context, token)) return GWP_E_GONE;
        const auto complete = [token, verdict](gwp_status /*status*/, void* object) {
            if (object != nullptr) static_cast<gwp_txn*>(object)->resumed(token, verdict);
        };
        return context.host.tokens.post(token, complete) ? GWP_OK : GWP_E_GONE;
    });
}

gwp_status setPrincipal(gwp_txn* txn, gwp_str id, gwp_str claims_json) noexcept {
    const bool allowed = txn->phase == Phase::Request &&
                         txn->entry.link.order < static_cast<std::uint32_t>(Stage::Authz) &&
                         txn->entry.context().granted("auth.principal");
    if (!allowed) return GWP_E_DENIED;
    if (view(id).empty()) return GWP_E_INVALID;
    try {
        return txn->shared.subject.setPrincipal(view(id), view(claims_json)) ? GWP_OK : GWP_E_EXISTS;
    } catch (...) {  // claims that are not JSON
        return GWP_E_INVALID;
    }
}

}  // namespace

const gwp_txn_api& txnApi() noexcept {
    static constexpr gwp_txn_api kTable = {sizeof(gwp_txn_api),
                                           0,
                                           token,
                                           arena,
                                           state,
                                           setState,
                                           get,
                                           set,
                                           header,
                                           setResponseHeader,
                                           requestJson,
                                           replaceRequest,
                                           responseJson,
                                           replaceResponse,
                                           respond,
                                           release,
                                           resume,
                                           setPrincipal};
    return kTable;
}

}  // namespace gw::plugin_host
