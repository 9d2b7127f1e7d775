#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <string>

#include "plugin_host/host_services.h"
#include "plugin_host/library.h"
#include "plugin_host/plugin_instance.h"
#include "plugin_host/probe.h"
#include "plugin_host/refusal.h"
#include "protocol/json.h"
#include "protocol/json_writer.h"

namespace gw::plugin_host {

namespace {

using protocol::JsonDocument;
using protocol::JsonNode;
using protocol::JsonWriter;

constexpr int kAnswer = 3;  // the descriptor

void answer(std::string line) {
    line += '\n';
    std::string_view rest = line;
    while (!rest.empty()) {
        const ssize_t put = ::write(kAnswer, rest.data(), rest.size());
        if (put <= 0) ::_exit(1);
        rest.remove_prefix(static_cast<std::size_t>(put));
    }
}

void announce(std::string_view phase) {
    answer(JsonWriter().beginObject().field("phase", phase).endObject().take());
}

std::string readInput() {
    std::string text;
    char buffer[4096];  // NOLINT(modernize-avoid-c-arrays)
    for (ssize_t got = 0; (got = ::read(STDIN_FILENO, buffer, sizeof buffer)) > 0;)
        text.append(buffer, static_cast<std::size_t>(got));
    return text;
}

std::vector<std::string> textsOf(const JsonNode* list) {
    std::vector<std::string> texts;
    for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) texts.emplace_back(list->item(i)->str());
    return texts;
}

InstanceSpec specOf(const JsonNode& node) {
    InstanceSpec spec;
    spec.name = protocol::str(node.find("name"));
    spec.class_name = protocol::str(node.find("class"));
    spec.config_json = protocol::str(node.find("config"));
    spec.allow_draft = protocol::boolean(node.find("allow_draft"), false);
    for (std::string& name : textsOf(node.find("secrets"))) spec.secrets.push_back({std::move(name), Secret("probe")});
    return spec;
}

void writeTexts(JsonWriter& json, std::string_view name, const std::vector<std::string>& texts) {
    json.key(name).beginArray();
    for (const std::string& text : texts) json.string(text);
    json.endArray();
}

void writeClasses(JsonWriter& json, const Library& library) {
    json.key("classes").beginArray();
    for (const PluginClass& c : library.classes()) {
        json.beginObject().field("id", c.id).field("title", c.title).field("summary", c.summary);
        writeTexts(json, "interfaces", c.interfaces);
        writeTexts(json, "needs", c.needs);
        writeTexts(json, "capabilities", c.capabilities);
        json.field("schema", c.schema).endObject();
    }
    json.endArray();
}

/// No network: a dry run has none.
class NoNetwork final : public OutboundProvider {
public:
    Outbound* outboundOf(io::EventLoop& /*loop*/) override { return nullptr; }
    [[nodiscard]] const Endpoint* endpoint(std::string_view /*name*/) const override { return nullptr; }
};

/// Everything a plugin may ask for, without anything behind it. Never destroyed: the process ends first.
struct ProbeHost {
    SystemClock clock;
    observability::Metrics metrics;
    ControlThread control;
    io::WorkerPool workers{1, 16};
    OwnerTokens tokens;
    MemoryStore kv{clock, 1u << 20};
    NoNetwork network;
    HostParts parts{clock, metrics, control, workers, tokens, &kv, &network, true};
};

std::string tryInstance(const HostParts& parts, const std::shared_ptr<Library>& library, const InstanceSpec& spec,
                        const std::vector<std::string>& grants) {
    announce("create of " + spec.name);
    try {
        auto instance = PluginInstance::make(parts, library, spec, grants, true);
        announce("destroy of " + spec.name);
        instance.reset();
    } catch (const Refusal& refusal) {
        return refusal.what();
    }
    return {};
}

std::string tryAll(const HostParts& parts, const JsonNode& request) {
    announce("loading");
    Library::Source source{"", std::string(protocol::str(request.find("copy"))),
                           std::string(protocol::str(request.find("sha256"))),
                           parseManifest(protocol::str(request.find("manifest")))};
    source.file = source.copy;
    const auto library = std::make_shared<Library>(parts, std::move(source));
    const auto grants = textsOf(request.find("grants"));
    const JsonNode* instances = request.find("instances");
    JsonWriter json;
    json.beginObject().field("ok", true).field("abi_minor", std::int64_t{library->abiMinor()});
    writeClasses(json, *library);
    json.key("instances").beginArray();
    for (std::size_t i = 0; i < instances->size(); ++i)
        json.string(tryInstance(parts, library, specOf(*instances->item(i)), grants));
    json.endArray();
    return json.endObject().take();
}

}  // namespace

void runProbe(int /*argc*/, char** /*argv*/) {
    const std::string input = readInput();
    // NOLINTNEXTLINE(cppcoreguidelines-owning-memory): outlives everything, see ProbeHost
    auto& host = *new ProbeHost;
    std::string result;
    host.control.call([&] {
        try {
            const JsonDocument request(input);
            result = tryAll(host.parts, request.root());
        } catch (const std::exception& error) {
            result = JsonWriter().beginObject().field("ok", false).field("reason", error.what()).endObject().take();
        }
    });
    host.control.call([] {});  // the destroys that were posted
    answer(std::move(result));
    ::_exit(0);
}

}  // namespace gw::plugin_host
