#include <array>

#include "exchange.h"
#include "instance.h"

namespace openai {

/// Any upstream that speaks OpenAI's chat completions, as many instances as the operator names.
class Plugin : public gwp::provider<Plugin, Exchange>, public Instance {
public:
    static constexpr std::string_view id = "gateway.openai", title = "OpenAI-compatible provider";
    static constexpr std::array needs{gwp_str GWP_S(GWP_SVC_JSON)};
    static constexpr std::string_view schema = R"({
  "type": "object",
  "properties": {
    "api_key": {"type": "string", "x-gwp-secret": true, "description": "Leave out for servers that want none"},
    "auth": {"enum": ["bearer", "api-key", "x-api-key"], "default": "bearer", "description": "The header of the key"},
    "organization": {"type": "string", "description": "OpenAI-Organization"},
    "project": {"type": "string", "description": "OpenAI-Project"},
    "headers": {"type": "object", "additionalProperties": {"type": "string"}, "description": "Sent with each request"},
    "usage_in_stream": {"type": "boolean", "default": true,
      "description": "Ask for usage with stream_options; false for servers that refuse the field"},
    "think_tag": {"type": "boolean", "default": false,
      "description": "Reasoning stands in the text between <think> and </think>"},
    "lacks": {"type": "array", "items": {"enum": ["embeddings", "models", "tools", "images", "json_schema"]},
      "description": "What this server cannot do"}
  }
})";

    explicit Plugin(const gwp_create_args& args) : Instance(args) {}
    [[nodiscard]] std::uint64_t features(std::string_view /*model*/) const noexcept { return Instance::features(); }
};

}  // namespace openai

GWP_MANIFEST(R"({"id":"gateway.openai","version":"1.0.0","abi":[1],"min_host_minor":0,)"
             R"("classes":[{"id":"gateway.openai","kind":"gwp.provider.translate/1","needs":["gwp.json/1"],)"
             R"("capabilities":[]}]})");
GWP_LIBRARY("gateway.openai", "1.0.0", "MIT", openai::Plugin)
