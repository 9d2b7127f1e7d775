#include "plugin_host/plugin_loader.h"

#include <fstream>
#include <iterator>
#include <span>
#include <utility>

#include "observability/log.h"
#include "plugin_host/host_services.h"
#include "plugin_host/refusal.h"
#include "protocol/json_writer.h"

namespace gw::plugin_host {

namespace {

std::span<const std::byte> bytesOf(const PluginFile& file) {
    return std::as_bytes(std::span(file.bytes.data(), file.bytes.size()));
}

void writeTexts(protocol::JsonWriter& json, std::string_view name, const std::vector<std::string>& texts) {
    json.key(name).beginArray();
    for (const std::string& text : texts) json.string(text);
    json.endArray();
}

void writeElf(protocol::JsonWriter& json, const ElfFacts& elf) {
    json.key("elf").beginObject().field("build_id", elf.build_id);
    writeTexts(json, "needed", elf.needed);
    writeTexts(json, "exports", elf.exports);
    writeTexts(json, "run_paths", elf.run_paths);
    json.field("executable_stack", elf.executable_stack).field("text_relocations", elf.text_relocations).endObject();
}

}  // namespace

PluginLoader::Checked PluginLoader::check(const std::string& library, const std::string& sha256_pin) const {
    Checked checked{readPluginFile(options_.files, library, sha256_pin), {}, {}};
    try {
        const ElfFacts elf = readElf(bytesOf(checked.file));
        checked.manifest = parseManifest(elf.manifest);
        checked.manifest_text = elf.manifest;
        checkManifest(host_, checked.manifest, elf.exports);
        const auto findings = lint(elf, checked.manifest);
        for (const LintFinding& finding : findings)
            if (finding.fatal) throw Refusal(finding.text);
        warnOf(checked.file.path, findings);
    } catch (const Refusal& refusal) {
        throw Refusal(checked.file.path + ": " + refusal.what());
    }
    return checked;
}

void PluginLoader::warnOf(const std::string& file, const std::vector<LintFinding>& findings) const {
    for (const LintFinding& finding : findings)
        observability::log(observability::Level::Debug, "plugin_host", "plugin file",
                           {{"library", file}, {"finding", finding.text}});
}

std::shared_ptr<Library> PluginLoader::load(const std::string& library, const std::string& sha256_pin) {
    Checked checked = check(library, sha256_pin);
    if (auto loaded = known_[checked.file.sha256].library.lock()) return loaded;
    const std::string path = checked.file.path;
    try {
        return map(std::move(checked));
    } catch (const Refusal& refusal) {
        throw Refusal(path + ": " + refusal.what());
    }
}

std::shared_ptr<Library> PluginLoader::map(Checked checked) {
    Known& known = known_[checked.file.sha256];
    const std::string suffix = known.mappings == 0 ? "" : "-" + std::to_string(known.mappings);
    known.copy = storePrivateCopy(options_.private_dir, checked.file, suffix);
    known.manifest_text = checked.manifest_text;
    if (options_.probe_first) {
        const ProbeResult result =
            probe(options_.probe, {known.copy, checked.file.sha256, checked.manifest_text, {}, {}});
        if (!result.reason.empty()) throw Refusal(result.reason);
    }
    const auto retire_later = [&control = host_.control, &metrics = host_.metrics](Library* library) {
        control.post([library, &metrics] {
            library->retire();
            metrics.gauge("gateway_plugin_retired_libraries", "Library copies still mapped but out of use").add(1);
            delete library;  // NOLINT(cppcoreguidelines-owning-memory): the deleter of the shared_ptr
        });
    };
    auto made = std::make_unique<Library>(
        host_, Library::Source{checked.file.path, known.copy, checked.file.sha256, std::move(checked.manifest)});
    ++known.mappings;
    std::shared_ptr<Library> library(made.release(), retire_later);
    known.library = library;
    return library;
}

ProbeResult PluginLoader::tryInstances(const Library& library, const std::vector<std::string>& grants,
                                       const std::vector<InstanceSpec>& instances) const {
    const Known& known = known_.at(library.sha256());
    return probe(options_.probe, {known.copy, library.sha256(), known.manifest_text, grants, instances});
}

std::string PluginLoader::inspect(const std::string& path, bool probed) const {
    std::ifstream stream(path, std::ios::binary);
    if (!stream) throw Refusal(path + ": cannot be read");
    PluginFile file{path, std::string(std::istreambuf_iterator<char>(stream), {}), {}};
    file.sha256 = sha256Hex(file.bytes);
    protocol::JsonWriter json;
    json.beginObject().field("file", path).field("sha256", file.sha256);
    std::vector<LintFinding> findings;
    std::string manifest_text;
    try {
        const ElfFacts elf = readElf(bytesOf(file));
        writeElf(json, elf);
        const Manifest manifest = parseManifest(elf.manifest);
        manifest_text = elf.manifest;
        json.rawField("manifest", elf.manifest);
        findings = lint(elf, manifest);
        checkManifest(host_, manifest, elf.exports);
        static_cast<void>(readPluginFile(options_.files, path));
    } catch (const Refusal& refusal) {
        findings.push_back({refusal.what(), true});
    }
    json.key("findings").beginArray();
    for (const LintFinding& finding : findings)
        json.beginObject().field("text", finding.text).field("fatal", finding.fatal).endObject();
    json.endArray();
    if (probed && !manifest_text.empty()) {
        const std::string copy = storePrivateCopy(options_.private_dir, file, "");
        const ProbeResult result = probe(options_.probe, {copy, file.sha256, manifest_text, {}, {}});
        json.key("probe").beginObject().field("reason", result.reason);
        if (!result.json.empty()) json.rawField("answer", result.json);
        json.endObject();
    }
    return json.endObject().take();
}

}  // namespace gw::plugin_host
