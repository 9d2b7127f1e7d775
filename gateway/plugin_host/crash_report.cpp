#include "plugin_host/crash_report.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <csignal>
#include <cstring>
#include <fstream>

#include "plugin_host/entry_mark.h"

namespace gw::plugin_host {

namespace {

// Everything below the handler is async-signal-safe: no allocation, no locks, plain memory set up beforehand.
std::array<char, PATH_MAX> crash_file{};
constexpr std::array kFatal = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};

class Line {
public:
    Line& add(const char* text) noexcept {
        for (; text != nullptr && *text != '\0' && length_ < bytes_.size(); ++text) bytes_[length_++] = *text;
        return *this;
    }
    Line& add(int number) noexcept {
        std::array<char, 12> digits{};
        std::size_t at = digits.size() - 1;
        do {
            digits[--at] = static_cast<char>('0' + number % 10);
            number /= 10;
        } while (number > 0 && at > 0);
        return add(&digits[at]);
    }
    void writeTo(int fd) const noexcept {
        if (::write(fd, bytes_.data(), length_) < 0) return;  // nobody is left to tell
    }

private:
    std::array<char, 1024> bytes_{};
    std::size_t length_ = 0;
};

void onFatalSignal(int signal) {
    const RunningEntry& entry = EntryMark::running();
    Line line;
    line.add("plugin=").add(entry.instance != nullptr ? entry.instance : "-");
    line.add(" phase=").add(entry.phase != nullptr ? entry.phase : "-");
    line.add(" library=").add(entry.library != nullptr ? entry.library : "-").add(" signal=").add(signal).add("\n");
    line.writeTo(STDERR_FILENO);
    if (crash_file[0] != '\0') {
        const int fd = ::open(crash_file.data(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd >= 0) {
            line.writeTo(fd);
            ::close(fd);
        }
    }
    ::raise(signal);  // SA_RESETHAND: the default action now
}

}  // namespace

void reportCrashes(const std::string& file) {
    std::strncpy(crash_file.data(), file.c_str(), crash_file.size() - 1);
    struct sigaction action{};
    action.sa_handler = onFatalSignal;
    action.sa_flags = static_cast<int>(SA_RESETHAND | SA_ONSTACK | SA_NODEFER);
    for (const int signal : kFatal) ::sigaction(signal, &action, nullptr);
}

std::string crashedInstance(const std::string& file) {
    std::ifstream stream(file);
    std::string word;
    constexpr std::string_view kKey = "plugin=";
    if (!(stream >> word) || !word.starts_with(kKey)) return {};
    word.erase(0, kKey.size());
    return word == "-" ? std::string() : word;
}

}  // namespace gw::plugin_host
