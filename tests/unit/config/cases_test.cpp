#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "config/config_loader.h"
#include "tests/support/catch.h"

namespace {

namespace fs = std::filesystem;
using namespace gw::config;

std::string textOf(const fs::path& path) {
    std::ifstream stream(path, std::ios::binary);
    std::ostringstream text;
    text << stream.rdbuf();
    return text.str();
}

std::vector<std::string> linesOf(const fs::path& path) {
    std::vector<std::string> lines;
    std::istringstream stream(textOf(path));
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

/// Loads one case's tree with nothing but its own variables; findings name files from the case's directory on.
Config loadCase(const fs::path& directory) {
    Findings findings;
    Environment environment;
    environment.addDotEnv(textOf(directory / "env.txt"), "env.txt", findings);
    const SourceTree tree = readTree(directory.string(), findings);
    Config config = loadTree(tree, linesOf(directory / "set.txt"), environment);
    config.findings.insert(config.findings.end(), findings.begin(), findings.end());
    return config;
}

std::vector<std::string> findingsOf(const Config& config, const std::string& directory) {
    std::vector<std::string> lines;
    for (const Finding& each : config.findings) {
        std::string line = toText(each);
        for (std::size_t at; (at = line.find(directory + "/")) != std::string::npos;)
            line.erase(at, directory.size() + 1);
        lines.push_back(line);
    }
    std::sort(lines.begin(), lines.end());
    return lines;
}

const fs::path kCases = fs::path(GATEWAY_SOURCE_DIR) / "tests/cases/config";

}  // namespace

TEST_CASE("every case of tests/cases/config has exactly its findings", "[config]") {
    std::size_t count = 0;
    for (const auto& entry : fs::directory_iterator(kCases)) {
        INFO(entry.path().filename());
        std::vector<std::string> expected = linesOf(entry.path() / "expect.txt");
        std::sort(expected.begin(), expected.end());
        CHECK(findingsOf(loadCase(entry.path()), entry.path().string()) == expected);
        ++count;
    }
    CHECK(count >= 11);
}

TEST_CASE("a configuration that says everything is read as it says", "[config]") {
    const Config config = loadCase(kCases / "good_everything");
    const GatewayOptions& options = config.options;
    CHECK(options.server.http.port == 5000);  // --set wins over PORT
    CHECK(options.server.http.limits.head == 64 * 1024);
    CHECK(options.server.http.limits.target == 4096);
    CHECK(options.server.drain_timeout == std::chrono::milliseconds(500));
    CHECK(options.server.http.idle_timeout == std::chrono::minutes(2));
    CHECK(options.server.http.cors.origins == std::vector<std::string>{"https://b.example"});
    CHECK(options.log.log.level == gw::observability::Level::Debug);
    CHECK_FALSE(options.log.log.json);
    CHECK(options.auth.bootstrap_key.reveal() == "0123456789abcdef0123456789abcdef");
    REQUIRE(options.models.aliases.count("gpt-4.1") == 1);
    CHECK(options.models.aliases.at("gpt-4.1").front().model.str() == "other");

    REQUIRE(config.libraries.size() == 2);
    const InstanceSpec& local = config.libraries[1].instances.front();
    CHECK(local.required == true);
    CHECK(local.config.find("api_key")->text == "${KEY}");
    CHECK(local.config.find("organization")->text == "acme");
    CHECK(config.libraries[1].grants == std::vector<std::string>{"net"});
}

TEST_CASE("what is off or ignored is listed with its reason", "[config]") {
    const Config config = loadCase(kCases / "plugin_files");
    std::vector<std::string> reasons;
    for (const Inactive& each : config.inactive) reasons.push_back(each.reason);
    CHECK(reasons ==
          std::vector<std::string>{"NOT_SET is not set", "masked: the file is empty", "ignored: not *.yaml"});
}

TEST_CASE("a link enables a file, and a link to /dev/null masks it", "[config]") {
    const fs::path directory = fs::temp_directory_path() / ("gw_config_" + std::to_string(::getpid()));
    fs::create_directories(directory / "plugins.d");
    std::ofstream(directory / "gateway.yaml") << "";
    fs::create_symlink(kCases / "good_minimal/plugins.d/10-store.yaml", directory / "plugins.d/10-store.yaml");
    fs::create_symlink("/dev/null", directory / "plugins.d/20-x.yaml");
    fs::create_symlink("nowhere.yaml", directory / "plugins.d/30-y.yaml");
    const Config config = loadCase(directory);
    fs::remove_all(directory);
    CHECK(findingsOf(config, directory.string()) ==
          std::vector<std::string>{"plugins.d/30-y.yaml: is no file, or its link leads nowhere"});
    CHECK(config.libraries.size() == 1);
    REQUIRE(config.inactive.size() == 1);
    CHECK(config.inactive.front().reason == "masked: the file is empty");
}
