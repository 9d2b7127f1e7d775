#include <array>

#include "exchange.h"

namespace echo {

/// A provider without an upstream: says the last question again, word by word. For trying out, and for tests.
class Plugin;

class Call : public Exchange {
public:
    Call(const Plugin& plugin, const gwp_op& op);
};

class Plugin : public gwp::provider<Plugin, Call> {
public:
    static constexpr std::string_view id = "gateway.echo", title = "Echo";
    static constexpr std::array needs{gwp_str GWP_S(GWP_SVC_JSON)};
    static constexpr std::string_view schema = R"({
      "type": "object",
      "properties": {
        "first_delay_ms": {"type": "integer", "minimum": 0, "maximum": 600000, "default": 0,
          "x-gwp-unit": "ms", "description": "Before the first word"},
        "delay_ms": {"type": "integer", "minimum": 0, "maximum": 60000, "default": 0,
          "x-gwp-unit": "ms", "description": "Before each further word"}
      }
    })";

    explicit Plugin(const gwp_create_args& args) : json_(gwp::service<gwp_svc_json>(args.hc, GWP_SVC_JSON)) {
        if (json_ == nullptr) throw gwp::error(GWP_E_UNSUPPORTED, "this host has no gwp.json/1");
        const auto config = gwp::json::parse(json_, args.hc, nullptr, gwp::sv(args.config_json));
        pace_.first_delay_ms = static_cast<std::uint64_t>(config["/first_delay_ms"].i64(0));
        pace_.delay_ms = static_cast<std::uint64_t>(config["/delay_ms"].i64(0));
    }
    [[nodiscard]] std::uint64_t features(std::string_view /*model*/) const noexcept {
        return GWP_FEAT_CHAT | GWP_FEAT_STREAM | GWP_FEAT_EMBED | GWP_FEAT_MODELS;
    }
    [[nodiscard]] Pace pace() const { return pace_; }
    [[nodiscard]] gwp::json request(const gwp_op& op) const {
        if (op.kind == GWP_OP_MODELS) return {};
        if (GWP_HAS(&op, gwp_op, request) && op.request != nullptr) return {json_, op.request};
        return gwp::json::parse(json_, hc, op.arena, gwp::sv(op.request_json));
    }

private:
    const gwp_svc_json* json_;
    Pace pace_;
};

Call::Call(const Plugin& plugin, const gwp_op& op) : Exchange(plugin.pace(), plugin.request(op), op) {}

}  // namespace echo

GWP_MANIFEST(R"({"id":"gateway.echo","version":"1.0.0","abi":[1],"min_host_minor":0,)"
             R"("classes":[{"id":"gateway.echo","kind":"gwp.provider.translate/1","needs":["gwp.json/1"],)"
             R"("capabilities":[]}]})");
GWP_LIBRARY("gateway.echo", "1.0.0", "MIT", echo::Plugin)
