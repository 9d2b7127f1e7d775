#include "instance.h"

#include <cstring>

namespace openai {

Instance::Instance(const gwp_create_args& args)
    : context_(args.hc),
      json_(gwp::service<gwp_svc_json>(args.hc, GWP_SVC_JSON, sizeof(gwp_svc_json))),
      secrets_(gwp::service<gwp_svc_secrets>(args.hc, GWP_SVC_SECRETS, sizeof(gwp_svc_secrets))) {
    if (json_ == nullptr) throw gwp::error(GWP_E_UNSUPPORTED, "this host has no gwp.json/1");
    const Json config = parse(nullptr, gwp::sv(args.config_json));  // no arena: lives with the instance
    readAuth(config);
    readHeaders(config);
    readQuirks(config);
}

void Instance::readAuth(Json config) {
    key_name_ = config.at("/api_key/$secret").str();
    if (!key_name_.empty() && secrets_ == nullptr)
        throw gwp::error(GWP_E_UNSUPPORTED, "this host has no gwp.secrets/1");
    const std::string_view style = config.at("/auth").str();
    if (style.empty() || style == "bearer") return;
    auth_header_ = style;
    auth_prefix_.clear();
}

void Instance::readHeaders(Json config) {
    if (const auto text = config.at("/organization").str(); !text.empty())
        headers_.emplace_back("openai-organization", text);
    if (const auto text = config.at("/project").str(); !text.empty()) headers_.emplace_back("openai-project", text);
    config.at("/headers").each([this](std::string_view name, Json value) { headers_.emplace_back(name, value.str()); });
}

void Instance::readQuirks(Json config) {
    usage_in_stream_ = config.at("/usage_in_stream").type() != GWP_JSON_FALSE;
    think_tag_ = config.at("/think_tag").isTrue();
    features_ = featuresWithout(config.at("/lacks"));
    if (think_tag_) features_ &= ~GWP_FEAT_WIRE_OPENAI_CHAT;  // its bytes hide reasoning in the text
}

std::uint64_t Instance::featuresWithout(Json lacks) {
    std::uint64_t features = GWP_FEAT_CHAT | GWP_FEAT_STREAM | GWP_FEAT_EMBED | GWP_FEAT_MODELS | GWP_FEAT_TOOLS |
                             GWP_FEAT_IMAGES_IN | GWP_FEAT_JSON_SCHEMA | GWP_FEAT_WIRE_OPENAI_CHAT;
    lacks.each([&features](std::string_view, Json value) {
        const std::string_view name = value.str();
        if (name == "embeddings") features &= ~GWP_FEAT_EMBED;
        if (name == "models") features &= ~GWP_FEAT_MODELS;
        if (name == "tools") features &= ~GWP_FEAT_TOOLS;
        if (name == "images") features &= ~GWP_FEAT_IMAGES_IN;
        if (name == "json_schema") features &= ~GWP_FEAT_JSON_SCHEMA;
    });
    return features;
}

Json Instance::parse(gwp_arena* arena, std::string_view text) const {
    const gwp_json* root = nullptr;
    std::uint64_t offset = 0;
    if (json_->parse(context_, arena, gwp::bytes(text), &root, &offset) != GWP_OK)
        throw gwp::error(GWP_E_UPSTREAM, "The provider's answer is not valid JSON.", "upstream_invalid", 502, 0);
    return {json_, root};
}

void Instance::writeHeaders(gwp::request_writer out, gwp_arena* arena) const {
    if (!key_name_.empty()) {
        gwp_str placeholder{};
        if (secrets_->placeholder(context_, gwp::str(key_name_), arena, &placeholder) != GWP_OK)
            throw gwp::error(GWP_E_INTERNAL, "the API key is not available");
        std::string value = auth_prefix_;
        value += gwp::sv(placeholder);
        out.header(auth_header_, value);
    }
    for (const auto& [name, value] : headers_) out.header(name, value);
}

void* allocate(gwp_arena* arena, std::uint64_t size) {
    void* memory = gwp::host->arena_alloc(arena, size);
    if (memory == nullptr) throw std::bad_alloc();
    return memory;
}

std::string_view keep(gwp_arena* arena, std::string_view text) {
    if (text.empty()) return {};
    char* copy = static_cast<char*>(allocate(arena, text.size()));
    std::memcpy(copy, text.data(), text.size());
    return {copy, text.size()};
}

}  // namespace openai
