#include "plugin_host/probe.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>
#include <string_view>

#include "plugin_host/refusal.h"
#include "protocol/json.h"
#include "protocol/json_writer.h"

extern char** environ;  // NOLINT(readability-redundant-declaration): POSIX leaves it to the program

namespace gw::plugin_host {

namespace {

constexpr std::size_t kMostAnswer = 4u << 20;
using Clock = std::chrono::steady_clock;

/// A one-way socket pair, so that writing to a dead child is an error and no signal; closed at the end, or earlier.
struct Pipe {
    Pipe() {
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) throw Refusal("probe: no sockets");
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;
    ~Pipe() {
        close(0);
        close(1);
    }
    void close(std::size_t end) {
        if (ends.at(end) >= 0) ::close(ends.at(end));
        ends.at(end) = -1;
    }
    std::array<int, 2> ends{-1, -1};  // read, write
};

std::string requestJson(const ProbeRequest& request) {
    protocol::JsonWriter json;
    json.beginObject().field("copy", request.copy).field("sha256", request.sha256).field("manifest", request.manifest);
    json.key("grants").beginArray();
    for (const std::string& grant : request.grants) json.string(grant);
    json.endArray().key("instances").beginArray();
    for (const InstanceSpec& spec : request.instances) {
        json.beginObject().field("name", spec.name).field("class", spec.class_name).field("config", spec.config_json);
        json.field("allow_draft", spec.allow_draft).key("secrets").beginArray();
        for (const NamedSecret& secret : spec.secrets) json.string(secret.name);
        json.endArray().endObject();
    }
    return json.endArray().endObject().take();
}

/// The child under probation: killed and reaped at the latest when this goes.
class Child {
public:
    Child(const std::string& executable, Pipe& input, Pipe& answer) {
        posix_spawn_file_actions_t actions;
        ::posix_spawn_file_actions_init(&actions);
        ::posix_spawn_file_actions_adddup2(&actions, input.ends[0], STDIN_FILENO);
        ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
        ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
        ::posix_spawn_file_actions_adddup2(&actions, answer.ends[1], 3);
        std::string program = executable, argument = kProbeArgument;
        std::array<char*, 3> arguments{program.data(), argument.data(), nullptr};
        const int failed = ::posix_spawn(&pid_, executable.c_str(), &actions, nullptr, arguments.data(), environ);
        ::posix_spawn_file_actions_destroy(&actions);
        if (failed != 0) throw Refusal(std::string("probe: cannot start a child: ") + std::strerror(failed));
        input.close(0);
        answer.close(1);
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child() {
        if (pid_ <= 0) return;
        ::kill(pid_, SIGKILL);
        static_cast<void>(reap());
    }
    [[nodiscard]] int reap() {
        int status = 0;
        while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
        }
        pid_ = -1;
        return status;
    }

private:
    pid_t pid_ = -1;
};

/// Sends what the child has room for; closes the way in when all is said or nobody listens.
void sendSome(Pipe& input, std::string_view& text) {
    const ssize_t put = text.empty() ? -1 : ::send(input.ends[1], text.data(), text.size(), MSG_NOSIGNAL);
    if (put > 0) text.remove_prefix(static_cast<std::size_t>(put));
    if (put < 0 || text.empty()) input.close(1);
}

/// Adds what has come to `got`; false at the end of it.
bool receiveSome(const Pipe& answer, std::string& got) {
    std::array<char, 4096> buffer{};
    const ssize_t count = ::read(answer.ends[0], buffer.data(), buffer.size());
    if (count <= 0 || got.size() > kMostAnswer) return false;
    got.append(buffer.data(), static_cast<std::size_t>(count));
    return true;
}

/// Sends `text` and reads what comes until the other side closes; false when the time is over.
bool converse(Pipe& input, std::string_view text, Pipe& answer, std::string& got, Clock::time_point until) {
    ::fcntl(input.ends[1], F_SETFL, O_NONBLOCK);
    while (true) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
        if (left <= 0) return false;
        std::array<pollfd, 2> polls{pollfd{answer.ends[0], POLLIN, 0}, pollfd{input.ends[1], POLLOUT, 0}};
        if (::poll(polls.data(), polls.size(), static_cast<int>(left)) < 0) continue;
        if (polls[1].revents != 0) sendSome(input, text);
        if (polls[0].revents != 0 && !receiveSome(answer, got)) return true;
    }
}

/// The lines of an answer: phases on the way, then the verdict.
struct Answer {
    std::string phase = "before it was loaded";
    std::optional<std::string> verdict;
    bool garbage = false;
};

Answer readAnswer(std::string_view text) {
    Answer answer;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        const std::string line(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        try {
            const protocol::JsonDocument document(line);
            if (const auto* phase = document.root().find("phase"))
                answer.phase = phase->str();
            else
                answer.verdict = line;
        } catch (const protocol::JsonError&) {
            answer.garbage = true;
        }
    }
    return answer;
}

std::string deathOf(int status, const std::string& phase) {
    if (WIFSIGNALED(status))
        return std::string("crashed the probe: ") + ::strsignal(WTERMSIG(status)) + ", in " + phase;
    return "ended the probe with exit status " + std::to_string(WEXITSTATUS(status)) + ", in " + phase;
}

void readVerdict(const std::string& verdict, ProbeResult& result) {
    const protocol::JsonDocument document(verdict);
    const protocol::JsonNode& root = document.root();
    result.json = verdict;
    if (!protocol::boolean(root.find("ok"), false)) {
        result.reason = protocol::str(root.find("reason"));
        if (result.reason.empty()) result.reason = "answered the probe with garbage";
        return;
    }
    const protocol::JsonNode* reasons = root.find("instances");
    for (std::size_t i = 0; i < result.instance_reasons.size(); ++i)
        if (reasons != nullptr && i < reasons->size()) result.instance_reasons[i] = reasons->item(i)->str();
}

}  // namespace

ProbeResult probe(const ProbeOptions& options, const ProbeRequest& request) {
    ProbeResult result;
    result.instance_reasons.resize(request.instances.size());
    Pipe input, output;
    Child child(options.executable, input, output);
    std::string text;
    if (!converse(input, requestJson(request), output, text, Clock::now() + options.limit)) {
        result.reason =
            "did not come back within " + std::to_string(options.limit.count()) + " ms, in " + readAnswer(text).phase;
        return result;
    }
    const Answer answer = readAnswer(text);
    const int status = child.reap();
    if (answer.garbage)
        result.reason = "answered the probe with garbage, in " + answer.phase;
    else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || !answer.verdict)
        result.reason = deathOf(status, answer.phase);
    else
        readVerdict(*answer.verdict, result);
    return result;
}

}  // namespace gw::plugin_host
