#include "plugin_host/plugin_instance.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "plugin_host/entry_mark.h"
#include "plugin_host/error_slot.h"
#include "plugin_host/host_services.h"
#include "plugin_host/refusal.h"

namespace gw::plugin_host {

namespace {

constexpr std::size_t kMostProblems = 50;

void addProblem(gwp_hctx* hc, std::uint32_t level, gwp_str pointer, gwp_str message) noexcept {
    auto& problems = InstanceContext::of(hc).problems;
    if (problems.size() >= kMostProblems) return;
    try {
        problems.push_back({level, std::string(view(pointer)), std::string(view(message))});
    } catch (...) {  // NOLINT(bugprone-empty-catch): no memory for a finding; create() itself still decides
    }
}

/// What the class demands beyond what exists or was granted, as a sentence; empty: nothing.
std::string missingFor(const HostParts& host, const PluginClass& plugin_class, const InstanceContext& context) {
    const auto is_draft = [](const std::string& id) { return id.starts_with("x-"); };
    for (const std::string& need : plugin_class.needs) {
        if (is_draft(need) && !context.allow_draft) return "needs the draft " + need + ": set allow_draft";
        if (!offersService(host, need)) return "needs " + need + ", which this gateway does not offer";
        const std::string capability(capabilityOf(need));
        if (!capability.empty() && !context.granted(capability))
            return std::string("needs ").append(need).append(": grant [").append(capability).append("]");
    }
    for (const std::string& capability : plugin_class.capabilities)
        if (!context.granted(capability)) return "wants the capability " + capability + ", which is not granted";
    if (!plugin_class.interfaces.empty() && is_draft(plugin_class.interfaces.front()) && !context.allow_draft)
        return "offers the draft " + plugin_class.interfaces.front() + ": set allow_draft";
    return {};
}

auto endpointKey(const Endpoint& e) {
    return std::tie(e.base_url, e.proxy, e.ca_file, e.verify_tls, e.http2, e.public_addresses_only, e.connect_timeout,
                    e.first_byte_timeout, e.idle_timeout, e.total_timeout, e.max_response_bytes);
}

}  // namespace

PluginInstance::PluginInstance(const HostParts& host, std::shared_ptr<Library> library, const PluginClass& plugin_class,
                               InstanceSpec spec)
    : library_(std::move(library)), class_(plugin_class), spec_(std::move(spec)), context_(host) {}

std::shared_ptr<PluginInstance> PluginInstance::make(const HostParts& host, std::shared_ptr<Library> library,
                                                     const InstanceSpec& spec, const std::vector<std::string>& grants,
                                                     bool dry_run) {
    const PluginClass* plugin_class = library->find(spec.class_name);
    if (plugin_class == nullptr) throw Refusal("the library has no class " + spec.class_name);
    const auto destroy_later = [&control = host.control](PluginInstance* instance) {
        control.post([instance] {
            instance->end();
            delete instance;  // NOLINT(cppcoreguidelines-owning-memory): the deleter of the shared_ptr
        });
    };
    std::shared_ptr<PluginInstance> instance(new PluginInstance(host, std::move(library), *plugin_class, spec),
                                             destroy_later);
    InstanceContext& context = instance->context_;
    context.name = spec.name;
    context.library = instance->library_->file();
    context.grants = grants;
    context.allow_draft = spec.allow_draft;
    context.secrets = spec.secrets;
    context.http = spec.http;
    context.self = std::weak_ptr<const void>(instance);
    context.metrics.bind(host.metrics, spec.name);
    context.slow_calls =
        &host.metrics.counter("gateway_plugin_slow_calls_total",
                              "Plugin entries that blocked an event loop for over 10 ms", {{"instance", spec.name}});
    if (const std::string missing = missingFor(host, *plugin_class, context); !missing.empty()) throw Refusal(missing);
    instance->create(dry_run);
    return instance;
}

void PluginInstance::create(bool dry_run) {
    gwp_create_args arguments = {};
    arguments.struct_size = sizeof arguments;
    arguments.flags = dry_run ? 1 : 0;
    arguments.hc = &context_;
    arguments.instance_name = abi(spec_.name);
    arguments.config_json = abi(spec_.config_json);
    arguments.state_dir = context_.granted("state_dir") ? abi(spec_.state_dir) : gwp_str{};
    arguments.problem = addProblem;
    ErrorSlot error;
    gwp_instance* handle = nullptr;
    context_.defining = true;
    gwp_status status = GWP_E_INTERNAL;
    {
        const EntryMark mark(context_, "create", EntryMark::Pace::Blocking);
        status = class_.table.create(&arguments, &handle, &error);
    }
    context_.defining = false;
    if (status < 0) throw Refusal("create failed: " + error.words(status) + problemsText());
    if (handle == nullptr) throw Refusal("create said " + std::to_string(status) + " but made no instance");
    context_.handle = handle;
}

std::string PluginInstance::problemsText() const {
    std::string text;
    for (const Problem& problem : context_.problems)
        text += "; config" + problem.pointer + ": " + redacted(context_, problem.text);
    return text;
}

bool PluginInstance::start() {
    if (started_) return true;
    ErrorSlot error;
    gwp_status status = GWP_OK;
    if (class_.table.start != nullptr) {
        context_.defining = true;
        const EntryMark mark(context_, "start", EntryMark::Pace::Blocking);
        status = class_.table.start(context_.handle, &error);
        context_.defining = false;
    }
    if (status < 0) {
        setState(PluginState::Starting, "start failed: " + redacted(context_, error.words(status)));
        return false;
    }
    started_ = true;
    setState(PluginState::Ready, {});
    return true;
}

void PluginInstance::stop() noexcept {
    if (!std::exchange(started_, false) || class_.table.stop == nullptr) return;
    const EntryMark mark(context_, "stop", EntryMark::Pace::Blocking);
    class_.table.stop(context_.handle);
}

void PluginInstance::end() noexcept {
    if (context_.handle == nullptr) return cancelTimers(context_);
    stop();
    cancelTimers(context_);
    const EntryMark mark(context_, "destroy", EntryMark::Pace::Blocking);
    class_.table.destroy(context_.handle);
}

const void* PluginInstance::interface(std::string_view id) const noexcept {
    const EntryMark mark(context_, "get_interface");
    return class_.table.get_interface(context_.handle, abi(id));
}

PluginState PluginInstance::state() const {
    const std::lock_guard lock(mutex_);
    return state_;
}

std::string PluginInstance::reason() const {
    const std::lock_guard lock(mutex_);
    return reason_;
}

void PluginInstance::setState(PluginState state, std::string reason) {
    const std::lock_guard lock(mutex_);
    state_ = state;
    reason_ = std::move(reason);
}

bool PluginInstance::isSame(const InstanceSpec& spec, const std::vector<std::string>& grants,
                            const std::string& sha256) const {
    const auto same_secret = [](const NamedSecret& a, const NamedSecret& b) {
        return a.name == b.name && a.value.reveal() == b.value.reveal();
    };
    return library_->sha256() == sha256 && spec_.name == spec.name && spec_.class_name == spec.class_name &&
           spec_.config_json == spec.config_json && spec_.allow_draft == spec.allow_draft &&
           spec_.state_dir == spec.state_dir && context_.grants == grants &&
           endpointKey(spec_.http) == endpointKey(spec.http) &&
           std::ranges::equal(spec_.secrets, spec.secrets, same_secret);
}

}  // namespace gw::plugin_host
