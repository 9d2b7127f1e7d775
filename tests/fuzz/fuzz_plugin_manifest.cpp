// links: plugin_host
// A stranger's file as a plugin: its ELF facts and its manifest are read before anybody has checked it.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "plugin_host/elf_file.h"
#include "plugin_host/manifest.h"
#include "plugin_host/plugin_files.h"
#include "plugin_host/refusal.h"

using namespace gw::plugin_host;  // NOLINT(google-build-using-namespace): one function

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Manifest manifest;
    try {
        manifest = parseManifest({reinterpret_cast<const char*>(data), size});
    } catch (const Refusal&) {  // NOLINT(bugprone-empty-catch): the expected answer
    }
    try {
        const ElfFacts facts = readElf(std::as_bytes(std::span(data, size)));
        static_cast<void>(lint(facts, manifest));
        manifest = parseManifest(facts.manifest);
    } catch (const Refusal&) {  // NOLINT(bugprone-empty-catch): the expected answer
    }
    return 0;
}
