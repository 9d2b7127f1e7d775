#include "config/config_loader.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "config/option_table.h"
#include "config/plugin_file.h"
#include "config/references.h"

namespace gw::config {

namespace {

constexpr std::size_t kMinKey = 32;
constexpr std::string_view kAliases = "models.aliases.";

/// "server.port=4000" -> {server: {port: 4000}}. The value is YAML, so lists and maps can be given too.
class Override {
public:
    explicit Override(const std::string& text) : text_(text) {}

    void apply(YamlNode& root, Findings& findings) {
        const std::size_t equals = text_.find('=');
        if (equals == std::string::npos || equals == 0) {
            findings.push_back({Finding::Severity::Error, "--set", 0, text_, "expected path=value"});
            return;
        }
        const std::string path = text_.substr(0, equals);
        YamlNode value = parseYaml(text_.substr(equals + 1), "--set", findings);
        if (equals + 1 == text_.size()) value.kind = YamlNode::Kind::Scalar;
        settle(value);
        if (!root.isMap()) root = wrap({});
        mergeYaml(root, nest(path, std::move(value)));
    }

private:
    /// The shell has replaced what was to be replaced; there is one line only.
    static void settle(YamlNode& node) {
        node.file = "--set";
        node.line = 0;
        node.expanded = true;
        for (YamlMember& member : node.members) settle(member.value);
        for (YamlNode& item : node.items) settle(item);
    }
    static YamlNode wrap(std::vector<YamlMember> members) {
        YamlNode map;
        map.kind = YamlNode::Kind::Map;
        map.file = "--set";
        map.members = std::move(members);
        return map;
    }
    static YamlNode nest(const std::string& path, YamlNode value) {
        const std::size_t floor = path.starts_with(kAliases) ? kAliases.size() - 1 : std::string::npos;
        std::string rest = path;
        for (std::size_t dot = rest.rfind('.', floor); dot != std::string::npos; dot = rest.rfind('.')) {
            value = wrap({{rest.substr(dot + 1), std::move(value)}});
            rest.resize(dot);
        }
        return wrap({{rest, std::move(value)}});
    }

    const std::string& text_;
};

/// What no single option can be blamed for.
class CrossChecks {
public:
    CrossChecks(const YamlNode& root, const std::string& file, Config& config)
        : root_(root), file_(file), config_(config) {}

    void run() {
        const GatewayOptions& options = config_.options;
        const http::CorsOptions& cors = options.server.http.cors;
        if (cors.credentials && std::ranges::find(cors.origins, "*") != cors.origins.end())
            report("server.cors.credentials", "cannot go together with the origin *");
        const Secret& key = options.auth.bootstrap_key;
        if (!key.empty() && key.reveal().size() < kMinKey)
            report("auth.bootstrap_key", "must have at least 32 characters");
        if (!isActive(options.storage.instance))
            report("storage.instance", "no active instance is named " + options.storage.instance);
        for (const auto& [alias, targets] : options.models.aliases)
            for (const routing::Target& target : targets)
                checkProvider("models.aliases." + alias, target.provider.str());
        const std::size_t slash = options.models.fallback.find('/');
        if (slash != std::string::npos) checkProvider("models.default", options.models.fallback.substr(0, slash));
    }

private:
    void report(const std::string& path, std::string reason, Finding::Severity severity = Finding::Severity::Error) {
        const YamlNode* node = findPath(root_, path);
        Finding finding{severity, file_, 0, path, std::move(reason)};
        if (node != nullptr) finding.file = node->file, finding.line = node->line;
        config_.findings.push_back(std::move(finding));
    }
    [[nodiscard]] bool isActive(const std::string& name) const {
        for (const LibrarySpec& library : config_.libraries)
            for (const InstanceSpec& each : library.instances)
                if (each.name == name) return true;
        return false;
    }
    void checkProvider(const std::string& path, const std::string& provider) {
        if (isActive(provider)) return;
        for (const Inactive& each : config_.inactive)
            if (each.name == provider)
                return report(path, "the instance " + provider + " is off: " + each.reason, Finding::Severity::Warning);
        report(path, "no instance is named " + provider);
    }

    const YamlNode& root_;
    const std::string& file_;
    Config& config_;
};

void readMain(const SourceTree& tree, const std::vector<std::string>& overrides, const Environment& environment,
              YamlNode& root, Config& config) {
    root = parseYaml(tree.main.text, tree.main.path, config.findings);
    for (const std::string& each : overrides) Override(each).apply(root, config.findings);
    expandReferences(root, environment, "", config.findings);
    readOptions(gatewayTable(config.options), root, config.findings);
}

}  // namespace

Config loadTree(const SourceTree& tree, const std::vector<std::string>& overrides, const Environment& environment) {
    Config config;
    config.directory = tree.directory;
    config.written.kind = YamlNode::Kind::Map;
    YamlNode root;
    readMain(tree, overrides, environment, root, config);
    PluginFiles files(environment, config);
    for (const PluginSource& source : tree.plugins) files.read(source);
    for (const std::string& path : tree.ignored) {
        const bool drop_in = path.ends_with(".yaml.d");
        if (drop_in)
            config.findings.push_back({Finding::Severity::Error, path, 0, "", "drop-ins without their file"});
        else
            config.inactive.push_back({path, path, "ignored: not *.yaml"});
    }
    CrossChecks(root, tree.main.path, config).run();
    return config;
}

Config load(const LoadRequest& request) {
    Findings findings;
    Environment environment = Environment::ofProcess();
    if (!request.dot_env.empty() && std::filesystem::exists(request.dot_env)) {
        const std::ifstream stream(request.dot_env, std::ios::binary);
        std::ostringstream text;
        text << stream.rdbuf();
        environment.addDotEnv(std::move(text).str(), request.dot_env, findings);
    }
    environment.interpret(findings);
    const SourceTree tree = request.directory.empty() ? embeddedTree() : readTree(request.directory, findings);
    Config config = loadTree(tree, request.overrides, environment);
    config.findings.insert(config.findings.begin(), findings.begin(), findings.end());
    return config;
}

}  // namespace gw::config
