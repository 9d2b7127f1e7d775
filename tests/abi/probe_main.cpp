// The gateway's probe as a program of its own, for the tests of the loader.
#include "plugin_host/probe.h"

int main(int argc, char** argv) {
    gw::plugin_host::runProbe(argc, argv);
}
