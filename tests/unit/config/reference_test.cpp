#include "config/reference.h"

#include <fstream>
#include <sstream>

#include "config/config_loader.h"
#include "config/option_table.h"
#include "tests/support/catch.h"

using namespace gw::config;

namespace {

std::string shipped(const std::string& name) {
    std::ifstream stream(std::string(GATEWAY_SOURCE_DIR) + "/" + name, std::ios::binary);
    std::ostringstream text;
    text << stream.rdbuf();
    return text.str();
}

}  // namespace

TEST_CASE("the shipped page and schema are those the table makes", "[config]") {
    CHECK(shipped("docs/configuration.md") == referencePage());
    CHECK(shipped("etc/gateway.schema.json") == editorSchema());
}

TEST_CASE("every default can be written down and read back", "[config]") {
    GatewayOptions options;
    const OptionTable table = gatewayTable(options);
    for (const Option& option : table) {
        if (!option.needs.empty()) continue;
        INFO(option.path);
        Findings findings;
        std::string yaml = renderValue(option);
        for (std::size_t end = option.path.size(); end != std::string::npos;) {
            const std::size_t dot = option.path.rfind('.', end - 1);
            const std::size_t begin = dot == std::string::npos ? 0 : dot + 1;
            yaml = "{" + option.path.substr(begin, end - begin) + ": " + yaml + "}";
            end = dot;
        }
        GatewayOptions again;
        readOptions(gatewayTable(again), parseYaml(yaml, "x", findings), findings);
        CHECK(findings.empty());
    }
}

TEST_CASE("the embedded defaults start with SQLite and echo, and openai follows its key", "[config]") {
    const auto names = [](const Environment& environment) {
        const Config config = loadTree(embeddedTree(), {}, environment);
        CHECK(config.findings.empty());
        std::string text;
        for (const LibrarySpec& library : config.libraries)
            for (const InstanceSpec& each : library.instances) text += each.name + " ";
        return text;
    };
    CHECK(names(Environment()) == "main echo ");
    CHECK(names(Environment({{"OPENAI_API_KEY", "k"}, {"QWEN_API_KEY", "k"}})) == "main openai qwen echo ");
}

TEST_CASE("the effective configuration shows no secret", "[config]") {
    const Environment environment(
        {{"OPENAI_API_KEY", "sk-hidden"}, {"GATEWAY_ADMIN_KEY", "hidden-0123456789abcdef0123456789"}});
    const std::string text = effectiveYaml(loadTree(embeddedTree(), {"server.port=4000"}, environment));
    CHECK(text.find("hidden") == std::string::npos);
    CHECK(text.find("  port: 4000\n") != std::string::npos);
    CHECK(text.find("  bootstrap_key: \"***\"\n") != std::string::npos);
    CHECK(text.find("api_key: ${OPENAI_API_KEY}\n") != std::string::npos);
    CHECK(text.find("# off: qwen") != std::string::npos);
    Findings findings;
    static_cast<void>(parseYaml(text, "x", findings));
    CHECK(findings.empty());
}
