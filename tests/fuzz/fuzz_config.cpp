// links: config
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "config/config_loader.h"
#include "config/instance_config.h"
#include "config/reference.h"

/// One configuration from memory: the input up to the first NUL is gateway.yaml, then a plugin file, then its drop-in.
/// What loads without errors must print as YAML that loads.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string rest(reinterpret_cast<const char*>(data), size);
    const auto part = [&rest] {
        const std::size_t end = std::min(rest.find('\0'), rest.size());
        std::string text = rest.substr(0, end);
        rest.erase(0, end + 1);
        return text;
    };
    gw::config::SourceTree tree;
    tree.main = {"gateway.yaml", part()};
    tree.plugins.push_back({{"plugins.d/10-a.yaml", part()}, {}});
    tree.plugins.front().drop_ins.push_back({"plugins.d/10-a.yaml.d/1.yaml", part()});
    const gw::config::Environment environment({{"SET", "value"}, {"EMPTY", ""}});
    const gw::config::Config config = gw::config::loadTree(tree, {"server.port=1"}, environment);
    const std::string printed = gw::config::effectiveYaml(config);
    const gw::config::ClassFacts facts{"gwp.provider.translate/1",
                                       R"({"properties":{"a":{"type":"string"},"b":{"type":"integer"},
        "k":{"type":"string","x-gwp-secret":true},"o":{"oneOf":[{"type":"string"},{"type":"object"}]}}})"};
    gw::config::Findings findings;
    for (const auto& library : config.libraries)
        for (const auto& instance : library.instances)
            static_cast<void>(gw::config::bindInstance(instance, facts, findings));
    return printed.empty() ? 1 : 0;
}
