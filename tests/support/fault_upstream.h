#pragma once
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>

namespace gw::test {

/// tests/support/fault_upstream.py as a child process; its ports by name. Ends with this object.
class FaultUpstream {
public:
    FaultUpstream() {
        std::array<int, 2> in{};
        std::array<int, 2> out{};
        if (pipe2(in.data(), O_CLOEXEC) != 0 || pipe2(out.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
        posix_spawn_file_actions_t actions{};
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, in[0], 0);
        posix_spawn_file_actions_adddup2(&actions, out[1], 1);
        std::string script = GATEWAY_SOURCE_DIR "/tests/support/fault_upstream.py";
        std::string python = "python3";
        std::array<char*, 3> arguments{python.data(), script.data(), nullptr};
        const int failed = posix_spawnp(&child_, python.c_str(), &actions, nullptr, arguments.data(), environ);
        posix_spawn_file_actions_destroy(&actions);
        close(in[0]);
        close(out[1]);
        input_ = in[1];
        if (failed != 0) throw std::runtime_error("python3 does not start");
        readPorts(out[0]);
        close(out[0]);
    }
    FaultUpstream(const FaultUpstream&) = delete;
    FaultUpstream& operator=(const FaultUpstream&) = delete;
    ~FaultUpstream() {
        close(input_);
        waitpid(child_, nullptr, 0);
    }

    [[nodiscard]] std::string port(const std::string& name) const { return values_.at(name); }
    [[nodiscard]] std::string http(const std::string& name = "http") const { return "http://127.0.0.1:" + port(name); }
    [[nodiscard]] std::string https(const std::string& name) const { return "https://127.0.0.1:" + port(name); }
    [[nodiscard]] std::string caFile() const { return values_.at("ca"); }

private:
    void readPorts(int from) {
        std::string line;
        for (char c = 0; read(from, &c, 1) == 1 && c != '\n';) line += c;
        std::istringstream words(line);
        for (std::string word; words >> word;)
            values_[word.substr(0, word.find('='))] = word.substr(word.find('=') + 1);
        if (values_.empty()) throw std::runtime_error("the fault upstream did not start");
    }

    pid_t child_ = 0;
    int input_ = -1;
    std::map<std::string, std::string> values_;
};

}  // namespace gw::test
