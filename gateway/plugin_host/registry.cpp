#include "plugin_host/registry.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "observability/log.h"
#include "plugin_host/host_services.h"
#include "plugin_host/plugin_instance.h"
#include "plugin_host/refusal.h"

namespace gw::plugin_host {

namespace {

using observability::Level;
constexpr std::chrono::milliseconds kFirstRetry{250};
constexpr std::chrono::milliseconds kLongestRetry{30'000};

PluginStatus statusOf(const PluginSpec& spec, const InstanceSpec& instance, std::uint64_t generation) {
    PluginStatus status;
    status.file = spec.file;
    status.library = spec.library;
    status.required = spec.required;
    status.instance = instance.name;
    status.class_name = instance.class_name;
    status.generation = generation;
    return status;
}

void addLibrary(PluginStatus& status, const Library& library) {
    status.sha256 = library.sha256();
    status.version = library.version();
    status.abi = library.manifest().abi;
    const PluginClass* plugin_class = library.find(status.class_name);
    if (plugin_class == nullptr) return;
    status.stage = plugin_class->stage;
    if (!plugin_class->interfaces.empty()) status.kind = plugin_class->interfaces.front();
}

void logFailure(const PluginStatus& status) {
    observability::log(Level::Error, "plugin_host", "plugin instance not available",
                       {{"instance", status.instance},
                        {"library", status.library},
                        {"state", stateName(status.state)},
                        {"reason", status.reason}});
}

/// Tries start() until it works, the instance goes, or it was retired. On the control thread.
void retryStart(ControlThread& control, const std::weak_ptr<PluginInstance>& weak, std::chrono::milliseconds wait) {
    control.postAt(std::chrono::steady_clock::now() + wait, [&control, weak, wait] {
        const auto instance = weak.lock();
        if (instance == nullptr || instance->state() != PluginState::Starting || instance->start()) return;
        retryStart(control, weak, std::min(2 * wait, kLongestRetry));
    });
}

bool holds(const Generation& generation, const PluginInstance* instance) {
    return std::any_of(generation.entries().begin(), generation.entries().end(),
                       [&](const auto& entry) { return entry.instance.get() == instance; });
}

bool isNamedTwice(const Generation& generation, const std::string& name) {
    return std::any_of(generation.entries().begin(), generation.entries().end(),
                       [&](const auto& entry) { return entry.status.instance == name; });
}

}  // namespace

std::shared_ptr<Instance> Generation::find(std::string_view name) const {
    for (const Entry& entry : entries_)
        if (entry.status.instance == name && entry.instance != nullptr && entry.instance->state() == PluginState::Ready)
            return entry.instance;
    return nullptr;
}

std::vector<PluginStatus> Generation::statuses() const {
    std::vector<PluginStatus> list;
    for (const Entry& entry : entries_) {
        PluginStatus status = entry.status;
        if (entry.instance != nullptr) {
            status.state = entry.instance->state();
            if (const std::string reason = entry.instance->reason(); !reason.empty()) status.reason = reason;
        }
        list.push_back(std::move(status));
    }
    return list;
}

Registry::Registry(const HostParts& host, LoaderOptions options)
    : host_(host), loader_(host, std::move(options)), current_(std::make_shared<Generation>()) {}

Registry::~Registry() {
    publish(std::make_shared<Generation>());
    host_.control.call([] {});  // the destroys that publish() set off,
    host_.control.call([] {});  // and the libraries they let go
}

std::shared_ptr<const Library> Registry::load(const PluginSpec& spec) {
    std::shared_ptr<const Library> library;
    host_.control.call([&] { library = loader_.load(spec.library, spec.sha256); });
    return library;
}

std::string Registry::inspect(const std::string& path, bool probed) {
    std::string json;
    host_.control.call([&] { json = loader_.inspect(path, probed); });
    return json;
}

std::vector<std::string> Registry::tryOut(const PluginSpec& spec) {
    std::vector<std::string> reasons;
    host_.control.call([&] {
        try {
            const auto library = loader_.load(spec.library, spec.sha256);
            const auto result = loader_.tryInstances(*library, spec.grant, spec.instances);
            if (!result.reason.empty()) reasons.push_back(result.reason);
            for (std::size_t i = 0; i < result.instance_reasons.size(); ++i)
                if (!result.instance_reasons[i].empty())
                    reasons.push_back(spec.instances[i].name + ": " + result.instance_reasons[i]);
        } catch (const std::runtime_error& error) {
            reasons.emplace_back(error.what());
        }
    });
    return reasons;
}

std::shared_ptr<const Generation> Registry::build(const std::vector<PluginSpec>& specs) {
    const auto next = std::make_shared<Generation>();
    host_.control.call([&] {
        next->number_ = ++generations_;
        for (const PluginSpec& spec : specs) buildPlugin(spec, *next);
    });
    return next;
}

void Registry::buildPlugin(const PluginSpec& spec, Generation& next) {
    if (!spec.enabled) return addFailed(spec, PluginState::Disabled, "disabled by its configuration", next);
    try {
        const auto library = loader_.load(spec.library, spec.sha256);
        next.libraries_.push_back(library);
        makeInstances(spec, library, next);
    } catch (const std::runtime_error& error) {
        addFailed(spec, PluginState::Failed, error.what(), next);
    }
}

void Registry::addFailed(const PluginSpec& spec, PluginState state, const std::string& reason, Generation& next) const {
    for (const InstanceSpec& instance : spec.instances) {
        if (isNamedTwice(next, instance.name)) continue;  // had its verdict before the failure
        Generation::Entry entry{statusOf(spec, instance, next.number()), nullptr};
        entry.status.state = state;
        entry.status.reason = reason;
        if (state == PluginState::Failed) keepOrFail(spec, reason, entry);
        next.entries_.push_back(std::move(entry));
    }
}

std::map<std::string, std::string> Registry::probeFresh(const PluginSpec& spec, const Library& library) const {
    std::vector<InstanceSpec> fresh;
    for (const InstanceSpec& instance : spec.instances) {
        const auto old = running(instance.name);
        const bool same = old != nullptr && old->isSame(instance, spec.grant, library.sha256());
        if (!same && instance.quarantine.empty()) fresh.push_back(instance);
    }
    std::map<std::string, std::string> reasons;
    if (!loader_.probes() || fresh.empty()) return reasons;
    const ProbeResult probed = loader_.tryInstances(library, spec.grant, fresh);
    for (std::size_t i = 0; i < fresh.size(); ++i) {
        const bool own = probed.reason.empty() && i < probed.instance_reasons.size();
        auto& reason = reasons[fresh[i].name];  // of two with one name the first refusal counts
        if (reason.empty()) reason = own ? probed.instance_reasons[i] : probed.reason;
    }
    return reasons;
}

void Registry::makeInstances(const PluginSpec& spec, const std::shared_ptr<Library>& library, Generation& next) {
    const auto reasons = probeFresh(spec, *library);
    for (const InstanceSpec& instance : spec.instances) {
        const auto refused = reasons.find(instance.name);
        const std::string reason = refused == reasons.end() ? std::string() : refused->second;
        Generation::Entry entry{statusOf(spec, instance, next.number()), nullptr};
        addLibrary(entry.status, *library);
        if (isNamedTwice(next, instance.name))
            entry.status.reason = "another instance has this name";
        else
            entry.instance = makeOne(spec, library, instance, reason, entry.status);
        if (entry.instance == nullptr && entry.status.state == PluginState::Failed)
            keepOrFail(spec, entry.status.reason, entry);
        next.entries_.push_back(std::move(entry));
    }
}

std::shared_ptr<PluginInstance> Registry::makeOne(const PluginSpec& spec, const std::shared_ptr<Library>& library,
                                                  const InstanceSpec& instance, const std::string& probe_reason,
                                                  PluginStatus& status) {
    if (!instance.quarantine.empty()) {
        status.state = PluginState::Quarantined;
        status.reason = instance.quarantine;
        return nullptr;
    }
    auto old = running(instance.name);
    if (old != nullptr && old->isSame(instance, spec.grant, library->sha256())) return old;
    if (!probe_reason.empty()) {
        status.reason = probe_reason;
        return nullptr;
    }
    try {
        auto made = PluginInstance::make(host_, library, instance, spec.grant, false);
        if (!made->start()) retryStart(host_.control, made, kFirstRetry);
        status.state = made->state();
        return made;
    } catch (const Refusal& refusal) {
        status.reason = refusal.what();
        return nullptr;
    }
}

/// What fails at reload leaves the old instance running where the operator wants that.
void Registry::keepOrFail(const PluginSpec& spec, const std::string& reason, Generation::Entry& entry) const {
    auto old = running(entry.status.instance);
    const bool kept = old != nullptr && spec.keep_on_error && old->state() == PluginState::Ready;
    if (kept) {
        addLibrary(entry.status, old->library());
        entry.status.state = PluginState::Ready;
        entry.status.reason = "kept as it was, because its new configuration failed: " + reason;
        entry.instance = std::move(old);
    }
    PluginStatus failure = entry.status;
    failure.state = PluginState::Failed;
    failure.reason = reason;
    logFailure(failure);
}

std::shared_ptr<PluginInstance> Registry::running(std::string_view name) const {
    const auto generation = current();
    for (const Generation::Entry& entry : generation->entries())
        if (entry.status.instance == name && entry.instance != nullptr) return entry.instance;
    return nullptr;
}

void Registry::publish(std::shared_ptr<const Generation> next) {
    std::shared_ptr<const Generation> old;
    {
        const std::lock_guard lock(mutex_);
        old = std::exchange(current_, next);
    }
    retire(*old, *next);
}

void Registry::retire(const Generation& old, const Generation& next) {
    for (const Generation::Entry& entry : old.entries()) {
        if (entry.instance == nullptr || holds(next, entry.instance.get())) continue;
        entry.instance->setState(PluginState::Retired, "replaced; in use until its requests have ended");
        host_.control.post([instance = entry.instance] { instance->stop(); });
        const std::lock_guard lock(mutex_);
        retired_.push_back({entry.status, entry.instance});
    }
    const std::lock_guard lock(mutex_);
    std::erase_if(retired_, [](const Retired& retired) { return retired.instance.expired(); });
}

std::shared_ptr<const Generation> Registry::current() const {
    const std::lock_guard lock(mutex_);
    return current_;
}

std::vector<PluginStatus> Registry::statuses() const {
    std::vector<PluginStatus> list = current()->statuses();
    const std::lock_guard lock(mutex_);
    for (const Retired& retired : retired_) {
        if (retired.instance.expired()) continue;
        list.push_back(retired.status);
        list.back().state = PluginState::Retired;
        list.back().reason = "replaced; in use until its requests have ended";
    }
    return list;
}

}  // namespace gw::plugin_host
