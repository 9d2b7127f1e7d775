#pragma once
#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plugin_host/elf_file.h"
#include "plugin_host/manifest.h"

namespace gw::plugin_host {

/// Which files may become plugins; the operator's configuration.
struct FilePolicy {
    std::vector<std::string> dirs;  // absolute; searched in order
    std::optional<uid_t> owner;     // beside root; absent: the user this process runs as
};

/// The bytes of one file as they were when it was checked, read once.
struct PluginFile {
    std::string path;  // resolved
    std::string bytes;
    std::string sha256;  // hex, lower case
};

/// Finds `library` (a name in one of the dirs, or an absolute path inside one), checks type, place, owner, mode and
/// pin, and reads it. Throws Refusal. [any]
[[nodiscard]] PluginFile readPluginFile(const FilePolicy& policy, const std::string& library,
                                        std::string_view sha256_pin = {});

struct LintFinding {
    std::string text;
    bool fatal = true;
};
/// What the build rules for plugins forbid: exports beyond gwp_entry_*, libraries nobody announced, executable stack,
/// text relocations, run paths outside $ORIGIN. A gateway built with a sanitizer only warns about libraries. [any]
[[nodiscard]] std::vector<LintFinding> lint(const ElfFacts& elf, const Manifest& manifest);

[[nodiscard]] std::string sha256Hex(std::string_view bytes);

/// `file` stored as DIR/SHA256SUFFIX.so (mode 0500 in a directory of mode 0700, both made here), synced; what is there
/// already with the same bytes is left alone. Returns the path. Throws Refusal. [main]
[[nodiscard]] std::string storePrivateCopy(const std::string& dir, const PluginFile& file, std::string_view suffix);

}  // namespace gw::plugin_host
