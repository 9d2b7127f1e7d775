#include "app/command_line.h"

#include <array>
#include <stdexcept>
#include <string_view>

namespace gw::app {
namespace {

using Command = CommandLine::Command;

struct CommandRow {
    std::string_view words;  // as typed
    Command command;
    std::string_view argument;  // what must follow; empty: nothing
};

constexpr std::array kCommands{
    CommandRow{"serve", Command::Serve, ""},
    CommandRow{"config print", Command::ConfigPrint, ""},
    CommandRow{"config reference", Command::ConfigReference, ""},
    CommandRow{"config schema", Command::ConfigSchema, ""},
    CommandRow{"plugins list", Command::PluginsList, ""},
    CommandRow{"plugins inspect", Command::PluginsInspect, "FILE.so"},
    CommandRow{"plugins schema", Command::PluginsSchema, "CLASS"},
    CommandRow{"plugins chain", Command::PluginsChain, "ROUTE"},
    CommandRow{"migrate", Command::Migrate, ""},
    CommandRow{"version", Command::Version, ""},
    CommandRow{"help", Command::Help, ""},
};

/// Options that stand alone; the others take a value.
bool applyFlag(std::string_view option, CommandLine& line) {
    if (option == "--json") return line.json = true;
    if (option == "--probe") return line.probe = true;
    if (option == "--no-probe") return line.no_probe = true;
    if (option == "--strict") return line.strict = true;
    if (option == "--plan") return line.plan = true;
    if (option == "--effective") return true;  // of `config print`, which knows no other view
    const auto command = option == "--help" || option == "-h" ? Command::Help
                         : option == "--version"              ? Command::Version
                         : option == "--check-config"         ? Command::CheckConfig
                                                              : Command::Serve;
    if (command == Command::Serve) return false;
    line.command = command;
    return true;
}

/// How many of the words name this command; 0: they name another.
std::size_t matchingWords(const CommandRow& row, const std::vector<std::string>& words) {
    if (row.words == words[0]) return 1;
    return words.size() > 1 && row.words == words[0] + " " + words[1] ? 2 : 0;
}

void applyRow(const CommandRow& row, const std::vector<std::string>& words, std::size_t count, CommandLine& line) {
    const std::size_t wanted = count + (row.argument.empty() ? 0 : 1);
    if (words.size() < wanted)
        throw std::invalid_argument("'" + std::string(row.words) + "' needs " + std::string(row.argument));
    if (words.size() > wanted) throw std::invalid_argument("unexpected argument '" + words[wanted] + "'");
    line.command = row.command;
    if (!row.argument.empty()) line.argument = words[count];
}

void applyWords(const std::vector<std::string>& words, CommandLine& line) {
    if (words.empty()) return;
    for (const auto& row : kCommands)
        if (const auto count = matchingWords(row, words); count > 0) return applyRow(row, words, count, line);
    std::string said;
    for (const auto& word : words) said += (said.empty() ? "" : " ") + word;
    throw std::invalid_argument("unknown command '" + said + "'; see ai-gateway --help");
}

}  // namespace

CommandLine parseCommandLine(const std::vector<std::string>& arguments) {
    CommandLine line;
    std::vector<std::string> words;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string& argument = arguments[i];
        if (!argument.starts_with('-')) {
            words.push_back(argument);
        } else if (argument == "--config" || argument == "--set") {
            if (i + 1 == arguments.size()) throw std::invalid_argument("'" + argument + "' needs a value");
            const auto& value = arguments[++i];
            if (argument == "--config")
                line.config = value;
            else
                line.overrides.push_back(value);
        } else if (!applyFlag(argument, line)) {
            throw std::invalid_argument("unknown option '" + argument + "'; see ai-gateway --help");
        }
    }
    applyWords(words, line);
    return line;
}

const char* helpText() {
    return R"(usage: ai-gateway [serve] [--config DIR] [--set PATH=VALUE]...
       ai-gateway --check-config [--strict] [--no-probe]
       ai-gateway COMMAND

Serves until SIGTERM or SIGINT (drains), reloads on SIGHUP.

options
  --config DIR        the configuration directory (gateway.yaml, plugins.d/); default: ./etc, else /etc/ai-gateway,
                      else the one built in
  --set PATH=VALUE    one setting above the file's, such as server.port=4000; may be repeated
  --check-config      reads everything, creates every plugin as a dry run in a child process, prints all findings
  --strict            of --check-config: warnings count too
  --no-probe          of --check-config: runs no plugin code
  --help, --version

commands
  config print              the settings in force, secrets masked
  config reference          every setting with its default (the source of docs/configuration.md)
  config schema             JSON Schema of gateway.yaml for editors
  plugins list [--json]     files, libraries, instances and their states
  plugins inspect FILE.so   manifest and ELF facts without running code; --probe adds a child process's view
  plugins schema CLASS      JSON Schema of a class's configuration
  plugins chain ROUTE       the middleware of a route in its effective order, with the core's own steps
  migrate [--plan]          brings the database to this version, or prints what that would do

exit codes
  0 done, 1 configuration errors or cannot start, 2 plugin load or ABI errors, 3 only warnings (with --strict), 64 usage
)";
}

}  // namespace gw::app
