// Runs the conformance checks on one class of a plugin: abi_conformance FILE.so CLASS
// older|today|newer-zero|newer-filled One process per plugin and era: a crash is a failure that names the check it
// happened in.
#include <dlfcn.h>

#include <cstdio>
#include <string_view>

#include "tests/abi/conformance/checks.h"

namespace {

using gw::conformance::Era;

bool eraOf(std::string_view name, Era& era) {
    if (name == "older")
        era = Era::Older;
    else if (name == "today")
        era = Era::Today;
    else if (name == "newer-zero")
        era = Era::NewerZero;
    else if (name == "newer-filled")
        era = Era::NewerFilled;
    else
        return false;
    return true;
}

void chooseClass(gw::conformance::Subject& subject, std::string_view id) {
    for (std::uint64_t i = 0; subject.library != nullptr && i < subject.library->n_classes; ++i)
        if (gw::plugin_host::view(subject.library->classes[i]->id) == id)
            subject.plugin_class = subject.library->classes[i];
}

}  // namespace

int main(int argc, char** argv) {
    Era era{};
    if (argc != 4 || !eraOf(argv[3], era)) return std::fputs("usage: abi_conformance FILE.so CLASS ERA\n", stderr), 2;
    void* handle = ::dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) return std::fprintf(stderr, "%s\n", ::dlerror()), 2;
    gw::conformance::HostOfEra host(era);
    gw::conformance::Subject subject{host, nullptr};
    subject.entry = reinterpret_cast<decltype(subject.entry)>(::dlsym(handle, "gwp_entry_1"));
    if (subject.entry == nullptr) return std::fputs("no gwp_entry_1\n", stderr), 2;
    int failed = 0, passed = 0;
    for (const auto& check : gw::conformance::checks()) {
        std::printf("%s ... ", check.name);
        std::fflush(stdout);
        const std::string verdict = check.run(subject);
        std::printf("%s\n", verdict.empty() ? "ok" : ("FAILED: " + verdict).c_str());
        if (subject.plugin_class == nullptr) chooseClass(subject, argv[2]);
        (verdict.empty() ? passed : failed) += 1;
        if (!verdict.empty() && subject.instance == nullptr) break;  // nothing to look at further on
    }
    std::printf("%d passed, %d failed\n", passed, failed);
    return failed == 0 ? 0 : 1;
}
