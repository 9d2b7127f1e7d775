#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "app/commands.h"
#include "plugin_host/probe.h"

int main(int argc, char** argv) {
    // A child that tries a plugin: before anything of the gateway exists.
    if (argc > 1 && std::string(argv[1]) == gw::plugin_host::kProbeArgument) gw::plugin_host::runProbe(argc, argv);
    try {
        return gw::app::runCommand(std::vector<std::string>(argv + 1, argv + argc));
    } catch (const std::exception& error) {
        std::fprintf(stderr, "ai-gateway: %s\n", error.what());
        return 1;
    }
}
