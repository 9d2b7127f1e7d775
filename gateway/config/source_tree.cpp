#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

#include "config/config_loader.h"

namespace gw::config {

namespace {

namespace fs = std::filesystem;
constexpr std::uintmax_t kMaxFile = 4u << 20;

[[nodiscard]] bool isYamlFile(const std::string& name) {
    return name.size() > 5 && name.front() != '.' && name.ends_with(".yaml");
}

/// Names in a directory, in byte order.
[[nodiscard]] std::vector<std::string> namesIn(const fs::path& directory, Findings& findings) {
    std::vector<std::string> names;
    std::error_code error;
    for (fs::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error))
        names.push_back(entry->path().filename().string());
    if (error) findings.push_back({Finding::Severity::Error, directory.string(), 0, "", "cannot be listed"});
    std::ranges::sort(names);
    return names;
}

/// Symlinks are followed; /dev/null reads as an empty file.
[[nodiscard]] std::optional<SourceFile> readFile(const fs::path& path, Findings& findings) {
    SourceFile file{path.string(), {}};
    std::error_code error;
    const auto fail = [&](const char* reason) -> std::optional<SourceFile> {
        findings.push_back({Finding::Severity::Error, file.path, 0, "", reason});
        return std::nullopt;
    };
    if (fs::canonical(path, error) == "/dev/null") return file;
    if (!fs::is_regular_file(path, error)) return fail("is no file, or its link leads nowhere");
    if (fs::file_size(path, error) > kMaxFile) return fail("is larger than 4 MiB");
    std::ifstream stream(path, std::ios::binary);
    std::ostringstream text;
    if (stream.peek() != std::ifstream::traits_type::eof()) text << stream.rdbuf();
    if (!stream.is_open() || stream.bad()) return fail("cannot be read");
    file.text = std::move(text).str();
    return file;
}

void readDropIns(const fs::path& directory, PluginSource& source, SourceTree& tree, Findings& findings) {
    if (!fs::is_directory(directory)) return;
    for (const std::string& name : namesIn(directory, findings)) {
        if (!isYamlFile(name))
            tree.ignored.push_back((directory / name).string());
        else if (auto file = readFile(directory / name, findings))
            source.drop_ins.push_back(std::move(*file));
    }
}

void readPlugins(const fs::path& directory, SourceTree& tree, Findings& findings) {
    const std::vector<std::string> names = namesIn(directory, findings);
    for (const std::string& name : names) {
        const bool drop_in_directory = name.size() > 7 && isYamlFile(name.substr(0, name.size() - 2)) &&
                                       name.compare(name.size() - 2, 2, ".d") == 0;
        if (drop_in_directory && std::ranges::binary_search(names, name.substr(0, name.size() - 2))) continue;
        if (!isYamlFile(name)) {
            tree.ignored.push_back((directory / name).string());
            continue;
        }
        std::optional<SourceFile> file = readFile(directory / name, findings);
        if (!file) continue;
        PluginSource source{std::move(*file), {}};
        readDropIns(directory / (name + ".d"), source, tree, findings);
        tree.plugins.push_back(std::move(source));
    }
}

}  // namespace

SourceTree readTree(const std::string& directory, Findings& findings) {
    SourceTree tree;
    tree.directory = directory;
    if (auto main = readFile(fs::path(directory) / "gateway.yaml", findings)) tree.main = std::move(*main);
    const fs::path plugins = fs::path(directory) / "plugins.d";
    if (fs::is_directory(plugins)) readPlugins(plugins, tree, findings);
    return tree;
}

std::string findDirectory() {
    std::array<char, 4096> executable{};
    std::vector<fs::path> places{"etc", "/etc/ai-gateway"};
    if (readlink("/proc/self/exe", executable.data(), executable.size() - 1) > 0)
        places.push_back(fs::path(executable.data()).parent_path().parent_path() / "etc/ai-gateway");
    std::error_code error;
    for (const fs::path& place : places)
        if (fs::is_regular_file(place / "gateway.yaml", error)) return place.string();
    return {};
}

}  // namespace gw::config
