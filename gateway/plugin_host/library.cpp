#include "plugin_host/library.h"

#include <algorithm>
#include <boost/dll/shared_library.hpp>
#include <deque>
#include <utility>

#include "plugin_host/abi_view.h"
#include "plugin_host/entry_mark.h"
#include "plugin_host/error_slot.h"
#include "plugin_host/host_services.h"
#include "plugin_host/refusal.h"

namespace gw::plugin_host {

namespace {

constexpr std::uint64_t kMostEntries = 64;
constexpr std::uint64_t kMostText = 4096;
constexpr std::uint64_t kMostSchema = 1u << 20;
constexpr const char* kEntryName = "gwp_entry_1";

using Entry = const gwp_library*(const gwp_host*, gwp_hctx*, gwp_error*);

/// Mapped libraries are never unloaded, so the objects that would do it are never destroyed, also not at exit.
boost::dll::shared_library& keepForever(boost::dll::shared_library library) {
    // NOLINTNEXTLINE(cppcoreguidelines-owning-memory): leaked on purpose
    static auto& kept = *new std::deque<boost::dll::shared_library>;  // only ever touched on the control thread
    return kept.emplace_back(std::move(library));
}

boost::dll::shared_library& map(const std::string& path) {
    using boost::dll::load_mode::rtld_local;
    using boost::dll::load_mode::rtld_now;
    try {
        return keepForever(boost::dll::shared_library(boost::dll::fs::path(path), rtld_now | rtld_local));
    } catch (const std::exception& error) {
        throw Refusal(std::string("the dynamic linker refuses it: ") + error.what());
    }
}

std::string textOf(gwp_str text, std::string_view what, std::uint64_t most = kMostText) {
    if (text.len > most || (text.len > 0 && text.ptr == nullptr))
        throw Refusal("garbage in its descriptor: " + std::string(what) + " is not a text");
    return std::string(view(text));
}

std::vector<std::string> textsOf(const gwp_str* list, std::uint64_t count, std::string_view what) {
    if (count > kMostEntries || (count > 0 && list == nullptr))
        throw Refusal("garbage in its descriptor: " + std::string(what) + " is not a list");
    std::vector<std::string> texts;
    texts.reserve(count);
    for (std::uint64_t i = 0; i < count; ++i) texts.push_back(textOf(list[i], what));
    return texts;
}

bool contains(const std::vector<std::string>& list, std::string_view text) {
    return std::ranges::find(list, text) != list.end();
}

}  // namespace

void checkManifest(const HostParts& host, const Manifest& manifest, const std::vector<std::string>& exports) {
    if (std::ranges::find(manifest.abi, GWP_ABI_MAJOR) == manifest.abi.end()) {
        std::string majors;
        for (const std::uint32_t major : manifest.abi) majors += (majors.empty() ? "" : ", ") + std::to_string(major);
        throw Refusal("speaks plugin ABI " + majors + "; this gateway speaks " + std::to_string(GWP_ABI_MAJOR));
    }
    if (!contains(exports, kEntryName)) throw Refusal(std::string("does not export ") + kEntryName);
    if (manifest.min_host_minor > GWP_ABI_MINOR)
        throw Refusal("needs plugin ABI 1." + std::to_string(manifest.min_host_minor) + "; this gateway has 1." +
                      std::to_string(GWP_ABI_MINOR));
    for (const std::string& need : manifest.needs)
        if (!offersService(host, need)) throw Refusal("needs " + need + ", which this gateway does not offer");
}

Library::Library(const HostParts& host, Source source) : source_(std::move(source)), context_(host) {
    context_.name = source_.manifest.id;
    context_.library = source_.file;
    auto& mapped = map(source_.copy);
    if (!mapped.has(kEntryName)) throw Refusal(std::string("does not export ") + kEntryName);
    ErrorSlot error;
    const gwp_library* descriptor = nullptr;
    {
        const EntryMark mark(context_, kEntryName, EntryMark::Pace::Blocking);
        descriptor = mapped.get<Entry>(kEntryName)(&gwpHost(), &context_, &error);
    }
    if (descriptor == nullptr) throw Refusal("refuses this gateway: " + error.words(GWP_E_UNSUPPORTED));
    if (const bool whole = GWP_HAS(descriptor, gwp_library, n_classes); !whole)
        throw Refusal("garbage in its descriptor: too short");
    table_ = viewOf(descriptor);
    if (table_.min_host_minor > GWP_ABI_MINOR) throw Refusal("needs a newer plugin ABI than this gateway has");
    if (textOf(table_.id, "id") != source_.manifest.id || textOf(table_.version, "version") != source_.manifest.version)
        throw Refusal("its manifest says " + source_.manifest.id + " " + source_.manifest.version +
                      ", its code says otherwise");
    readClasses();
}

void Library::readClasses() {
    if (table_.n_classes == 0 || table_.n_classes > kMostEntries || table_.classes == nullptr)
        throw Refusal("garbage in its descriptor: classes");
    for (std::uint64_t i = 0; i < table_.n_classes; ++i) classes_.push_back(readClass(table_.classes[i]));
    for (const ManifestClass& said : source_.manifest.classes)
        if (find(said.id) == nullptr) throw Refusal("its manifest names class " + said.id + ", its code has none");
}

PluginClass Library::readClass(const gwp_class* raw) const {
    if (const bool whole = GWP_HAS(raw, gwp_class, get_interface); !whole)
        throw Refusal("garbage in its descriptor: a class is too short");
    PluginClass result;
    result.table = viewOf(raw);
    const gwp_class& table = result.table;
    if (table.create == nullptr || table.destroy == nullptr || table.get_interface == nullptr)
        throw Refusal("a class lacks create, destroy or get_interface");
    result.id = textOf(table.id, "class id");
    result.title = textOf(table.title, "title");
    result.summary = textOf(table.summary, "summary");
    result.schema = textOf(table.config_schema, "config_schema", kMostSchema);
    result.interfaces = textsOf(table.interfaces, table.n_interfaces, "interfaces");
    result.needs = textsOf(table.needs, table.n_needs, "needs");
    result.capabilities = textsOf(table.capabilities, table.n_capabilities, "capabilities");
    const ManifestClass* said = source_.manifest.find(result.id);
    if (said == nullptr) throw Refusal("its code has class " + result.id + ", its manifest does not name it");
    result.stage = said->stage;
    return result;
}

const PluginClass* Library::find(std::string_view class_id) const noexcept {
    const auto found = std::ranges::find(classes_, class_id, &PluginClass::id);
    return found != classes_.end() ? &*found : nullptr;
}

void Library::retire() noexcept {
    if (table_.retire == nullptr) return;
    const EntryMark mark(context_, "retire", EntryMark::Pace::Blocking);
    table_.retire();
}

}  // namespace gw::plugin_host
