#include "plugin_host/plugin_specs.h"

#include "protocol/json_writer.h"

namespace gw::plugin_host {

std::string_view stateName(PluginState state) noexcept {
    switch (state) {
        case PluginState::Ready: return "ready";
        case PluginState::Starting: return "starting";
        case PluginState::Failed: return "failed";
        case PluginState::Quarantined: return "quarantined";
        case PluginState::Retired: return "retired";
        case PluginState::Disabled: return "disabled";
    }
    return "failed";
}

std::string toJson(const PluginStatus& status) {
    protocol::JsonWriter json;
    json.beginObject().field("instance", status.instance).field("class", status.class_name).field("kind", status.kind);
    json.field("state", stateName(status.state)).field("reason", status.reason).field("required", status.required);
    json.field("file", status.file).field("library", status.library).field("sha256", status.sha256);
    json.field("version", status.version).key("abi").beginArray();
    for (const std::uint32_t major : status.abi) json.number(major);
    json.endArray().field("generation", static_cast<std::int64_t>(status.generation));
    return json.endObject().take();
}

}  // namespace gw::plugin_host
