#include "plugin_host/provider.h"

#include <gwp/provider.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/text.h"
#include "plugin_host/abi_view.h"
#include "plugin_host/arena.h"
#include "plugin_host/c_event.h"
#include "plugin_host/entry_mark.h"
#include "plugin_host/error_slot.h"
#include "plugin_host/header_text.h"
#include "plugin_host/host_services.h"
#include "plugin_host/instance.h"
#include "plugin_host/instance_context.h"
#include "plugin_host/provider_failure.h"

namespace gw::plugin_host {
namespace {

constexpr std::size_t kBodySpare = 512;

gwp_status statusOf(TransferState state) noexcept {
    switch (state) {
        case TransferState::Open:
        case TransferState::Done: return GWP_OK;
        case TransferState::Cancelled: return GWP_E_CANCELLED;
        case TransferState::TooLarge: return GWP_E_LIMIT;
        case TransferState::ConnectTimeout:
        case TransferState::FirstByteTimeout:
        case TransferState::IdleTimeout:
        case TransferState::TotalTimeout: return GWP_E_TIMEOUT;
        default: return GWP_E_IO;
    }
}

/// A frame of 16 MB, parsed, and what a plugin makes of it.
constexpr std::size_t kScratchLimit = 256u << 20;

/// build()'s http_out: writes into an OutboundRequest.
class RequestWriter {
public:
    explicit RequestWriter(OutboundRequest& request) noexcept
        : request_(request),
          table_{sizeof table_, 0, this, &RequestWriter::start, &RequestWriter::header, &RequestWriter::body} {}
    RequestWriter(const RequestWriter&) = delete;
    RequestWriter& operator=(const RequestWriter&) = delete;
    [[nodiscard]] const gwp_http_out* get() const noexcept { return &table_; }
    [[nodiscard]] bool refused() const noexcept { return refused_; }

private:
    static RequestWriter& of(void* self) noexcept { return *static_cast<RequestWriter*>(self); }
    static void start(void* self, gwp_str method, gwp_str path) noexcept {
        auto& request = of(self).request_;
        request.method = textOf(method);
        request.path_and_query = textOf(path);
        of(self).refused_ = of(self).refused_ || !isHeaderSafe(request.method) || !isHeaderSafe(request.path_and_query);
    }
    static void header(void* self, gwp_str name, gwp_str value) noexcept {
        if (!isHeaderName(textOf(name)) || !isHeaderSafe(textOf(value)))
            of(self).refused_ = true;
        else
            of(self).request_.headers.emplace_back(asciiLower(textOf(name)), textOf(value));
    }
    static void body(void* self, gwp_bytes chunk) noexcept {
        if (chunk.ptr != nullptr) of(self).request_.body.append(reinterpret_cast<const char*>(chunk.ptr), chunk.len);
    }
    OutboundRequest& request_;
    gwp_http_out table_;
    bool refused_ = false;
};

}  // namespace

/// The plugin's exchange with what it may use while it lives.
struct Exchange::State {
    State(std::shared_ptr<Instance> of, const gwp_provider& its_table) : instance(std::move(of)), table(its_table) {}
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() {
        if (exchange != nullptr && table.close != nullptr) {
            const EntryMark mark(*instance, "close");
            table.close(exchange);
        }
        if (owner != 0) instance->context().host.tokens.release(owner);
    }

    /// Calls one function of the table under the mark, with an empty error slot.
    template <class Call>
    gwp_status enter(const char* phase, Call call) {
        slot.reset();
        const EntryMark mark(*instance, phase);
        return call();
    }
    [[nodiscard]] ProviderFailure failure(gwp_status status, const char* phase) const {
        return failureOf(slot, status, instance->context(), phase);
    }
    /// What our own sink threw below the plugin's frame.
    [[nodiscard]] static ProviderFailure failure(const std::exception_ptr& caught) {
        ProviderFailure said;
        try {
            std::rethrow_exception(caught);
        } catch (const Error& error) {
            said.code = error.code();
            said.message = error.what();
            said.detail = error.detail();
            said.provider_code = error.providerCode();
        } catch (const std::exception& error) {
            said.code = ErrorCode::Internal;
            said.message = "internal error";
            said.detail = error.what();
        } catch (...) {
            said.code = ErrorCode::Internal;
            said.message = "internal error";
        }
        return said;
    }

    std::shared_ptr<Instance> instance;
    gwp_provider table;
    gwp_exchange* exchange = nullptr;
    gwp_op op{};
    gwp_token owner = 0;
    observability::Metrics::Counter* unknown = nullptr;  // kinds of events that are not of this ABI
    ErrorSlot slot;
    Arena arena;
    Arena scratch{kScratchLimit};
};

Exchange::Exchange(std::unique_ptr<State> state) : state_(std::move(state)) {}
Exchange::~Exchange() = default;

std::optional<ProviderFailure> Exchange::build(std::uint32_t step, OutboundRequest& out) {
    auto& s = *state_;
    // The upstream's body is about the client's: one allocation instead of a growing one.
    out.body.reserve(s.op.request_json.len + kBodySpare);
    const RequestWriter writer(out);
    const auto status = s.enter("build", [&] { return s.table.build(s.exchange, step, writer.get(), &s.slot); });
    if (status < 0) return s.failure(status, "build");
    if (status != GWP_OK) return misbehaved(s.instance->context(), "build", "an outcome that is not one of build()");
    if (writer.refused()) return misbehaved(s.instance->context(), "build", "a malformed header, method or path");
    return std::nullopt;
}

std::optional<ProviderFailure> Exchange::onHead(const ResponseHead& head, protocol::Framing& framing) {
    auto& s = *state_;
    std::vector<gwp_kv> headers;
    headers.reserve(head.headers.size());
    for (const auto& [name, value] : head.headers) headers.push_back({strOf(name), strOf(value)});
    const gwp_http_head view{sizeof view, static_cast<std::uint32_t>(head.status), headers.data(), headers.size()};
    std::uint32_t wanted = GWP_FRAME_WHOLE;
    const auto status = s.enter("on_head", [&] { return s.table.on_head(s.exchange, &view, &wanted, &s.slot); });
    if (status < 0) return s.failure(status, "on_head");
    if (status != GWP_OK)
        return misbehaved(s.instance->context(), "on_head", "an outcome that is not one of on_head()");
    if (wanted > GWP_FRAME_AWS) return misbehaved(s.instance->context(), "on_head", "a framing unknown here");
    framing = static_cast<protocol::Framing>(wanted);
    return std::nullopt;
}

Exchange::Data Exchange::onData(const protocol::Frame& frame, protocol::EventSink& sink) {
    auto& s = *state_;
    const SinkBridge bridge(sink, s.unknown);
    const gwp_frame view{sizeof view,
                         static_cast<std::uint32_t>(frame.framing),
                         strOf(frame.name),
                         {reinterpret_cast<const std::uint8_t*>(frame.data.data()), frame.data.size()},
                         &s.scratch};
    const auto status = s.enter("on_data", [&] { return s.table.on_data(s.exchange, &view, bridge.get(), &s.slot); });
    s.scratch.reset();
    Data data;
    if (bridge.caught())
        data.failure = State::failure(bridge.caught());
    else if (status < 0)
        data.failure = s.failure(status, "on_data");
    else if (status != GWP_OK && status != GWP_REFORM)
        data.failure = misbehaved(s.instance->context(), "on_data", "an outcome that is not one of on_data()");
    data.reform = status == GWP_REFORM;
    return data;
}

Exchange::End Exchange::onEnd(TransferState why, protocol::EventSink& sink) {
    auto& s = *state_;
    const SinkBridge bridge(sink, s.unknown);
    std::uint64_t wait_ms = 0;
    const auto status =
        s.enter("on_end", [&] { return s.table.on_end(s.exchange, statusOf(why), bridge.get(), &wait_ms, &s.slot); });
    End end;
    if (bridge.caught())
        end.failure = State::failure(bridge.caught());
    else if (status < 0)
        end.failure = s.failure(status, "on_end");
    else if (status != GWP_OK && status != GWP_AGAIN)
        end.failure = misbehaved(s.instance->context(), "on_end", "an outcome that is not one of on_end()");
    end.again = status == GWP_AGAIN;
    // An hour is longer than any request lives: a plugin's arithmetic mistake must not overflow ours.
    end.wait = std::chrono::milliseconds(std::min<std::uint64_t>(wait_ms, 3'600'000));
    return end;
}

Provider::Provider(std::shared_ptr<Instance> instance, Endpoint endpoint)
    : instance_(std::move(instance)),
      endpoint_(std::move(endpoint)),
      name_(instance_->name()),
      unknown_(&instance_->context().host.metrics.counter("gateway_plugin_unknown_events_total",
                                                          "Events of a kind that this gateway does not know",
                                                          {{"instance", instance_->name()}})) {}
Provider::~Provider() = default;

const ProviderName& Provider::name() const noexcept {
    return name_;
}
const Endpoint& Provider::endpoint() const noexcept {
    return endpoint_;
}

std::uint64_t Provider::features(std::string_view model) const {
    const auto table = viewOf(static_cast<const gwp_provider*>(instance_->interface(GWP_IF_PROVIDER)));
    if (table.features == nullptr) return 0;
    const EntryMark mark(*instance_, "features");
    return table.features(static_cast<gwp_instance*>(instance_->handle()), strOf(model));
}

std::unique_ptr<Exchange> Provider::open(const OperationRequest& request) const {
    const auto table = viewOf(static_cast<const gwp_provider*>(instance_->interface(GWP_IF_PROVIDER)));
    if (table.open == nullptr || table.build == nullptr || table.on_head == nullptr || table.on_data == nullptr ||
        table.on_end == nullptr || table.close == nullptr)
        throw Error(ErrorCode::PluginUnavailable, "the provider '" + name_.str() + "' is not available",
                    "its table lacks a function");
    auto state = std::make_unique<Exchange::State>(instance_, table);
    auto& s = *state;
    s.unknown = unknown_;
    if (auto* loop = io::EventLoop::current(); loop != nullptr)
        s.owner = instance_->context().host.tokens.create(*loop, state.get());
    s.op.struct_size = sizeof s.op;
    s.op.kind = static_cast<std::uint32_t>(request.operation);
    s.op.stream = request.stream ? 1 : 0;
    s.op.attempt = request.attempt;
    s.op.owner = s.owner;
    s.op.arena = &s.arena;
    s.op.request_id = strOf(request.request_id);
    s.op.trace_parent = strOf(request.trace_parent);
    s.op.model = strOf(request.model);
    if (request.request != nullptr) {
        s.op.request_json = strOf(request.request->text());
        s.op.request = reinterpret_cast<const gwp_json*>(&request.request->root());
    }
    const auto status = s.enter("open", [&] {
        return s.table.open(static_cast<gwp_instance*>(instance_->handle()), &s.op, &s.exchange, &s.slot);
    });
    if (status < 0) {
        s.exchange = nullptr;  // what it may have written there is no exchange: close() belongs to a successful open()
        throw Error(s.failure(status, "open").toError());
    }
    if (status != GWP_OK) s.exchange = nullptr;  // PENDING and the like: nothing was opened that could be closed
    if (s.exchange == nullptr)
        throw Error(ErrorCode::PluginUnavailable, "the provider '" + name_.str() + "' is not available",
                    "open() gave no exchange");
    return std::unique_ptr<Exchange>(new Exchange(std::move(state)));
}

void Provider::revealSecrets(OutboundRequest& request) const {
    const auto& context = instance_->context();
    revealPlaceholders(context, request.path_and_query);
    for (auto& header : request.headers) revealPlaceholders(context, header.second);
}

}  // namespace gw::plugin_host
