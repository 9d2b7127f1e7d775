#include "app/host.h"

#include <pwd.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>
#include <thread>

namespace gw::app {
namespace {

constexpr std::size_t kKeyValueBytes = 64u << 20;

std::size_t loopCount(std::size_t wanted) {
    return wanted != 0 ? wanted : std::max<std::size_t>(1, std::thread::hardware_concurrency());
}

std::string besideTheBinary(const char* relative) {
    std::error_code error;
    const auto binary = std::filesystem::read_symlink("/proc/self/exe", error);
    return error ? std::string() : (binary.parent_path().parent_path() / relative).lexically_normal().string();
}

std::optional<uid_t> ownerOf(const std::string& name) {
    if (name == "self" || name.empty()) return std::nullopt;
    const auto* const entry = getpwnam(name.c_str());  // NOLINT(concurrency-mt-unsafe): at start, before other threads
    if (entry == nullptr) throw std::runtime_error("plugins.owner: there is no user '" + name + "'");
    return entry->pw_uid;
}

}  // namespace

plugin_host::LoaderOptions loaderOptions(const config::PluginOptions& options, bool probe) {
    plugin_host::LoaderOptions loader;
    for (const auto& dir : options.dirs)
        loader.files.dirs.push_back(std::filesystem::absolute(dir).lexically_normal().string());
    if (loader.files.dirs.empty()) loader.files.dirs.push_back(besideTheBinary("lib/ai-gateway/plugins"));
    loader.files.owner = ownerOf(options.owner);
    loader.private_dir = options.runtime_dir.empty() ? "/tmp/ai-gateway-" + std::to_string(geteuid()) + "/plugins"
                                                     : options.runtime_dir + "/plugins";
    loader.probe.limit = options.probe_timeout;
    loader.probe_first = probe;
    return loader;
}

Host::Host(const config::GatewayOptions& options, plugin_host::LoaderOptions loader)
    : loops(loopCount(options.server.loops)),
      workers(options.workers.threads, options.workers.queue),
      kv(clock, kKeyValueBytes),
      parts_{.clock = clock,
             .metrics = metrics,
             .control = control,
             .workers = workers,
             .tokens = tokens,
             .kv = &kv,
             .outbound = this},
      registry(parts_, std::move(loader)) {
    upstreams_.resize(loops.size());
    loops.onEach(
        [&](std::size_t i) { upstreams_[i] = std::make_unique<upstream::UpstreamClient>(loops[i], options.upstream); });
}

Host::~Host() {
    workers.stop();
    loops.stop();
    upstreams_.clear();
}

plugin_host::Outbound* Host::outboundOf(io::EventLoop& loop) {
    for (std::size_t i = 0; i < loops.size(); ++i)
        if (&loops[i] == &loop) return upstreams_[i].get();
    return nullptr;
}

const plugin_host::Endpoint* Host::endpoint(std::string_view name) const {
    const auto instance = registry.find(name);
    return instance ? &instance->context().http : nullptr;
}

}  // namespace gw::app
