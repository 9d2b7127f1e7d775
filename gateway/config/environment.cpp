#include "config/environment.h"

#include <unistd.h>

#include <array>
#include <cctype>

#include "base/text.h"

namespace gw::config {

namespace {

[[nodiscard]] bool isNameCharacter(char c) noexcept {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

[[nodiscard]] bool isName(std::string_view text) noexcept {
    if (text.empty() || std::isdigit(static_cast<unsigned char>(text.front())) != 0) return false;
    for (const char c : text)
        if (!isNameCharacter(c)) return false;
    return true;
}

/// Reads one value of a .env file; false: a quote is not closed, or something stands behind the closing one.
class DotEnvValue {
public:
    explicit DotEnvValue(std::string_view text) : rest_(trimBlanks(text)) {}

    [[nodiscard]] bool read(std::string& out) {
        if (rest_.empty()) return true;
        const char quote = rest_.front();
        if (quote != '\'' && quote != '"') return readPlain(out);
        rest_.remove_prefix(1);
        return readQuoted(quote, out);
    }

private:
    bool readPlain(std::string& out) {
        std::size_t end = rest_.size();
        for (std::size_t i = 0; i < rest_.size() && end == rest_.size(); ++i)
            if (rest_[i] == '#' && (i == 0 || rest_[i - 1] == ' ' || rest_[i - 1] == '\t')) end = i;
        out = trimBlanks(rest_.substr(0, end));
        return true;
    }
    bool readQuoted(char quote, std::string& out) {
        while (!rest_.empty()) {
            char c = take();
            if (c == quote) return nothingFollows();
            if (c == '\\' && quote == '"' && !rest_.empty()) c = escaped(take());
            out += c;
        }
        return false;
    }
    [[nodiscard]] bool nothingFollows() const {
        const std::string_view after = trimBlanks(rest_);
        return after.empty() || after.front() == '#';
    }
    [[nodiscard]] static char escaped(char c) noexcept {
        if (c == 'n') return '\n';
        if (c == 't') return '\t';
        return c;
    }
    char take() {
        const char c = rest_.front();
        rest_.remove_prefix(1);
        return c;
    }

    std::string_view rest_;
};

/// "" when the line is fine, else what is wrong with it.
[[nodiscard]] std::string readLine(std::string_view line, Environment::Variables& variables) {
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    line = trimBlanks(line);
    if (line.empty() || line.front() == '#') return {};
    if (line.starts_with("export ")) line = trimBlanks(line.substr(7));
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) return "expected NAME=value";
    const std::string_view name = trimBlanks(line.substr(0, equals));
    if (!isName(name)) return "not a variable's name";
    std::string value;
    if (!DotEnvValue(line.substr(equals + 1)).read(value)) return "the quotes of the value do not match";
    variables.try_emplace(std::string(name), std::move(value));
    return {};
}

struct Unused {
    const char* name;
    Finding::Severity severity;
    const char* reason;
};

constexpr std::array kUnused{
    Unused{"REDIS_URL", Finding::Severity::Warning, "Redis is not in this build yet; limits and caches stay in memory"},
    Unused{"DIFY_API_KEY", Finding::Severity::Warning, "no plugin of this build serves Dify yet"},
    Unused{"DIFY_BASE_URL", Finding::Severity::Warning, "no plugin of this build serves Dify yet"},
    Unused{"SECRET_KEY", Finding::Severity::Warning, "nothing in this build signs with it yet"},
};

}  // namespace

Environment Environment::ofProcess() {
    Variables variables;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        const std::string_view text(*entry);
        const std::size_t equals = text.find('=');
        if (equals == std::string_view::npos) continue;
        variables.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
    return Environment(std::move(variables));
}

void Environment::addDotEnv(const std::string& text, const std::string& file, Findings& findings) {
    Variables read;
    int number = 0;
    for (std::size_t begin = 0; begin < text.size(); ++number) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        std::string reason = readLine(std::string_view(text).substr(begin, end - begin), read);
        if (!reason.empty()) findings.push_back({Finding::Severity::Error, file, number + 1, "", std::move(reason)});
        begin = end + 1;
    }
    variables_.merge(read);  // keeps what is there
}

void Environment::interpret(Findings& findings) {
    const auto report = [&findings](Finding::Severity severity, const char* name, const char* reason) {
        findings.push_back({severity, "environment", 0, name, reason});
    };
    for (const Unused& each : kUnused)
        if (isSet(each.name)) report(each.severity, each.name, each.reason);
    const std::string url = find("DATABASE_URL").value_or("");
    if (url.empty()) return;
    constexpr std::string_view kSqlite = "sqlite:///";
    if (url.starts_with(kSqlite) && url.size() > kSqlite.size())
        variables_["GATEWAY_SQLITE_PATH"] = url.substr(kSqlite.size());
    else
        report(Finding::Severity::Error, "DATABASE_URL",
               "only sqlite:///path (relative) and sqlite:////path (absolute) are in this build yet");
}

std::optional<std::string> Environment::find(std::string_view name) const {
    const auto found = variables_.find(name);
    if (found == variables_.end()) return std::nullopt;
    return found->second;
}

bool Environment::isSet(std::string_view name) const {
    const auto found = variables_.find(name);
    return found != variables_.end() && !found->second.empty();
}

}  // namespace gw::config
