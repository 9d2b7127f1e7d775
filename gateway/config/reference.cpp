#include "config/reference.h"

#include <algorithm>

#include "base/text.h"
#include "config/option_table.h"

namespace gw::config {

namespace {

constexpr const char* kPageStart = R"(<!-- made by `ai-gateway config reference`; a test keeps it equal -->
# Configuration

The gateway reads a directory: `--config DIR`, else `./etc`, else `/etc/ai-gateway`, else the defaults compiled in (SQLite in `./var`, the `echo`
provider, `openai` and `qwen` as soon as their keys are set). `ai-gateway --check-config` prints all findings at once, each with file, line and field;
`ai-gateway config print --effective` prints what is in force, secrets masked.

| | |
|---|---|
| `gateway.yaml` | the options below |
| `plugins.d/NN-name.yaml` | one library and its instances each, in byte order; a symlink into `plugins.available` enables a file, an empty file or a link to `/dev/null` masks it |
| `plugins.d/NN-name.yaml.d/*.yaml` | drop-ins, merged over that file (RFC 7396: maps merge, `null` removes, all else replaces) |

Unknown keys, keys without effect, keys that stand twice, `<<`, anchors and two instances of one name are errors. Other files are ignored, and listed as such.

**References** stand in values: `${NAME}`, `${NAME:-default}`, `${file:/run/secrets/x}`; `$$` is a plain `$`. They are replaced after the YAML was parsed, so a
value never adds structure. A variable that is not set and has no default is an error. **Overrides**: `--set server.port=4000`, as often as needed.
Durations are written `500ms`, `30s`, `5m`, `1h`; sizes `64KiB`, `32MiB`, or in bytes.

## Environment

A `.env` file in the working directory is read first: `NAME=value`, `'literal'`, `"with \n"`, `# comment`. It never overrides a variable that is set.

| variable | effect |
|---|---|
| `OPENAI_API_KEY`, `OPENAI_BASE_URL` | enable the instance `openai`; its address |
| `QWEN_API_KEY`, `QWEN_BASE_URL` | enable the instance `qwen` (DashScope's OpenAI-compatible mode); its address |
| `DATABASE_URL` | `sqlite:///relative/path` or `sqlite:////absolute/path`; anything else is an error in this build |
| `GATEWAY_ADMIN_KEY` | the first administrator's key, at least 32 characters |
| `PORT` | the port, 3000 without it |
| `REDIS_URL`, `DIFY_API_KEY`, `DIFY_BASE_URL`, `SECRET_KEY` | no part of this build uses them; a warning says so |

)";

constexpr const char* kInstances = R"(## Instances

```yaml
library: openai.so             # a name in plugins.dirs, or an absolute path inside them
sha256: "…"                    # optional: this file and no other
enabled: true                  # false switches the whole file off
required: false                # true: no start without it; default: true for storage and guards
grant: [net]                   # capabilities its code may use
instances:
  openai:                      # the name that routes, metrics and logs use
    class: gateway.openai
    enable_if_env: OPENAI_API_KEY   # on only while this variable is set and not empty; of an instance that is off, nothing else is looked at
    config:
      base_url: ${OPENAI_BASE_URL:-https://api.openai.com/v1}
      api_key: ${OPENAI_API_KEY}
```

`config` is checked against the JSON Schema of the class (`ai-gateway plugins schema CLASS`). A plain scalar that is a JSON literal has that type unless the
schema asks for text; everything quoted is text. Secrets never reach the plugin: it gets a name, and the gateway puts the value into the outgoing request.

)";

[[nodiscard]] std::string cell(std::string text) {
    for (std::size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2) text.replace(at, 1, "\\|");
    return text;
}

[[nodiscard]] std::string row(const Option& option) {
    std::string text = "| `" + option.path + "` | " + typeName(option) + " | `" + cell(renderValue(option)) + "` | ";
    text += cell(option.help);
    if (!option.needs.empty()) text += " Needs `" + option.needs + "`.";
    return text + (option.reload ? " | reload |\n" : " | restart |\n");
}

[[nodiscard]] std::string rows(const OptionTable& table) {
    std::string text = "| option | value | default | | applied by |\n|---|---|---|---|---|\n";
    for (const Option& option : table) text += row(option);
    return text;
}

[[nodiscard]] std::string section(const std::string& path) {
    return path.substr(0, path.find('.'));
}

/// The JSON Schema of one option's value, references allowed wherever a scalar stands.
[[nodiscard]] std::string valueSchema(const Option& option) {
    const std::string reference = R"({"type":"string","pattern":"\\$\\{"})";
    const std::string type = typeName(option);
    std::string own;
    if (!option.choices.empty()) {
        for (const std::string& word : option.choices) own += (own.empty() ? "" : ",") + jsonString(word);
        own = R"({"enum":[)" + own + "]}";
    } else if (type == "integer") {
        own = R"({"type":"integer","minimum":)" + std::to_string(option.least) + R"(,"maximum":)" +
              std::to_string(option.most) + "}";
    } else if (type == "duration") {
        own = R"({"type":"string","pattern":"^[0-9]+ ?(h|m|s|ms)$"})";
    } else if (type == "size") {
        own = R"({"type":["string","integer"],"pattern":"^[0-9]+ ?(GiB|MiB|KiB|B)$"})";
    } else if (type == "list of text") {
        return R"({"type":"array","items":{"type":"string"}})";
    } else if (type == "map") {
        return R"({"type":"object","additionalProperties":{"anyOf":[{"type":"string"},{"type":"array","items":{"type":"string"}}]}})";
    } else if (type == "true, false") {
        own = R"({"type":"boolean"})";
    } else {
        return R"({"type":["string","number"]})";
    }
    return R"({"anyOf":[)" + own + "," + reference + "]}";
}

/// Writes options whose paths begin with `prefix` as the properties of one object, and descends.
class SchemaWriter {
public:
    explicit SchemaWriter(const OptionTable& table) : table_(table) {}

    void object(const std::string& prefix, std::size_t indent) {
        const std::string pad(indent, ' ');
        out_ += R"({"type": "object", "additionalProperties": false, "properties": {)";
        std::string last;
        for (const Option& option : table_) {
            if (!option.path.starts_with(prefix)) continue;
            const std::string rest = option.path.substr(prefix.size());
            const std::string name = rest.substr(0, rest.find('.'));
            if (name == last) continue;
            out_ += (last.empty() ? "\n" : ",\n") + pad + jsonString(name) + ": ";
            last = name;
            if (rest == name)
                leaf(option);
            else
                object(prefix + name + ".", indent + 2);
        }
        out_ += "}}";
    }
    [[nodiscard]] std::string take() { return std::move(out_); }

private:
    void leaf(const Option& option) {
        out_ += "{\"description\": " + jsonString(option.help + " Default: " + renderValue(option)) + ", \"allOf\": [" +
                valueSchema(option) + "]}";
    }
    const OptionTable& table_;
    std::string out_;
};

/// The options as nested YAML.
[[nodiscard]] std::string nestedYaml(const OptionTable& table) {
    std::string out;
    std::vector<std::string> open;
    for (const Option& option : table) {
        std::vector<std::string> steps;
        for (std::size_t begin = 0; begin <= option.path.size();) {
            const std::size_t end = std::min(option.path.find('.', begin), option.path.size());
            steps.push_back(option.path.substr(begin, end - begin));
            begin = end + 1;
        }
        std::size_t shared = 0;
        while (shared < open.size() && shared + 1 < steps.size() && open[shared] == steps[shared]) ++shared;
        for (std::size_t i = shared; i + 1 < steps.size(); ++i) out += std::string(2 * i, ' ') + steps[i] + ":\n";
        open.assign(steps.begin(), steps.end() - 1);
        out += std::string(2 * (steps.size() - 1), ' ') + steps.back() + ": " + renderValue(option) + "\n";
    }
    return out;
}

/// Whether a key looks as if a secret stood under it; the class's schema, which knows, needs its library.
[[nodiscard]] bool looksSecret(const std::string& key) {
    for (const char* word : {"key", "secret", "token", "password", "authorization"})
        if (asciiLower(key).find(word) != std::string::npos) return true;
    return false;
}

[[nodiscard]] std::string scalarAsWritten(const YamlNode& node, const std::string& key) {
    if (node.isNull()) return " null\n";
    const bool reference = node.text.find("${") != std::string::npos;
    if (looksSecret(key) && key != "enable_if_env" && !reference) return " \"***\"\n";
    return " " + (node.plain ? node.text : jsonString(node.text)) + "\n";
}

/// As written: references are shown, what they stand for is not.
void writeAsWritten(const YamlNode& node, const std::string& key, std::size_t indent, std::string& out) {
    if (node.isScalar() || node.isNull()) {
        out += scalarAsWritten(node, key);
        return;
    }
    if (node.members.empty() && node.items.empty()) {
        out += node.isMap() ? " {}\n" : " []\n";
        return;
    }
    out += '\n';
    for (const YamlMember& member : node.members) {
        out.append(indent, ' ').append(member.key).append(":");
        writeAsWritten(member.value, member.key, indent + 2, out);
    }
    for (const YamlNode& item : node.items) {
        out.append(indent, ' ').append("-");
        writeAsWritten(item, key, indent + 2, out);
    }
}

}  // namespace

std::string referencePage() {
    GatewayOptions options;
    const OptionTable table = gatewayTable(options);
    std::string page = kPageStart;
    std::string last;
    page += "## gateway.yaml\n";
    OptionTable group;
    for (const Option& option : table) {
        if (section(option.path) != last && !group.empty()) page += "\n### " + last + "\n" + rows(group), group.clear();
        last = section(option.path);
        group.push_back(option);
    }
    page += "\n### " + last + "\n" + rows(group) + "\n" + kInstances;
    ProviderOptions provider;
    page += "### Every provider's `config`\nRead by the gateway itself, whatever the plugin.\n\n" +
            rows(providerTable(provider));
    MiddlewareOptions middleware;
    page += "\n### Every middleware instance\nBeside `class` and `config`.\n\n" + rows(middlewareTable(middleware));
    return page;
}

std::string editorSchema() {
    GatewayOptions options;
    const OptionTable table = gatewayTable(options);
    SchemaWriter writer(table);
    writer.object("", 2);
    return R"({"$schema": "http://json-schema.org/draft-07/schema#", "title": "gateway.yaml", )" +
           writer.take().substr(1) + "\n";
}

std::string effectiveYaml(const Config& config) {
    GatewayOptions options = config.options;
    std::string text = "# " + (config.directory.empty() ? std::string("embedded defaults") : config.directory) + "\n";
    text += nestedYaml(gatewayTable(options));
    text += "instances:";
    writeAsWritten(config.written, "", 2, text);
    for (const Inactive& each : config.inactive)
        text += "# off: " + each.name + " (" + each.file + "): " + each.reason + "\n";
    return text;
}

}  // namespace gw::config
