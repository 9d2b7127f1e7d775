#include "config/instance_config.h"

#include <Poco/Exception.h>
#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>

#include <algorithm>
#include <charconv>
#include <sstream>

#include "config/json_schema.h"
#include "config/option_table.h"
#include "config/schema_check.h"

namespace gw::config {

namespace {

using Poco::Dynamic::Var;
using Poco::JSON::Array;
using Poco::JSON::Object;

/// RFC 8259, 6: the number's own grammar, so that 010 and 1_000 stay text.
[[nodiscard]] bool isNumber(const std::string& text) {
    std::size_t at = 0;
    const auto digits = [&] {
        const std::size_t begin = at;
        while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
        return at - begin;
    };
    const auto take = [&](const char* any) {
        const bool there = at < text.size() && std::string_view(any).find(text[at]) != std::string_view::npos;
        if (there) ++at;
        return there;
    };
    take("-");
    const bool zero = at < text.size() && text[at] == '0';
    const std::size_t whole = digits();
    if (whole == 0 || (zero && whole > 1)) return false;
    if (take(".") && digits() == 0) return false;
    if (take("eE")) {
        take("+-");
        if (digits() == 0) return false;
    }
    return at == text.size();
}

[[nodiscard]] Var numberOf(const std::string& text) {
    std::int64_t whole = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), whole);
    if (error == std::errc{} && end == text.data() + text.size()) return Var(static_cast<Poco::Int64>(whole));
    double real = 0;
    std::from_chars(text.data(), text.data() + text.size(), real);
    return Var(real);
}

/// YAML -> JSON by the rules of the plugin guide: the schema decides what a plain scalar is where it asks for text.
[[nodiscard]] Var toJson(const YamlNode& node, const SchemaPlace& schema) {
    if (node.isMap()) {
        Object::Ptr object = new Object(Poco::JSON_PRESERVE_KEY_ORDER);
        for (const YamlMember& member : node.members)
            object->set(member.key, toJson(member.value, schema.member(member.key)));
        return object;
    }
    if (node.isSequence()) {
        Array::Ptr array = new Array;
        for (const YamlNode& item : node.items) array->add(toJson(item, schema.item()));
        return array;
    }
    if (node.isNull()) return {};
    if (!node.plain || schema.wantsText()) return node.text;
    if (node.text == "true" || node.text == "false") return node.text == "true";
    return isNumber(node.text) ? numberOf(node.text) : Var(node.text);
}

/// Turns one instance's YAML into what create() gets.
class Binder {
public:
    Binder(const InstanceSpec& spec, SchemaPlace schema, BoundInstance& out, Findings& findings)
        : schema_(std::move(schema)), out_(out), findings_(findings), prefix_("instances." + spec.name + ".config") {}

    void run(const YamlNode& config) {
        config_ = &config;
        const Object::Ptr object =
            config.isMap() ? toJson(config, schema_).extract<Object::Ptr>() : Object::Ptr(new Object);
        dropEmptySecrets(object, schema_);
        for (const SchemaViolation& each : violations(schema_, object)) report(each.pointer, each.reason);
        Var value = object;
        complete(value, schema_, "");
        std::ostringstream text;
        object->stringify(text);
        out_.json = std::move(text).str();
    }

private:
    /// An optional secret by ${NAME:-} is none at all when the variable is not set.
    static void dropEmptySecrets(Object::Ptr object, const SchemaPlace& schema) {
        for (const std::string& name : object->getNames()) {
            const Var value = object->get(name);
            if (value.type() == typeid(Object::Ptr))
                dropEmptySecrets(value.extract<Object::Ptr>(), schema.member(name));
            else if (schema.member(name).isSecret() && value.isString() && value.extract<std::string>().empty())
                object->remove(name);
        }
    }

    /// Fills defaults, refuses unknown members, hides secrets: what valijson does not do.
    void complete(Var& value, const SchemaPlace& schema, const std::string& pointer) {
        if (schema.isSecret()) return hide(value, pointer);
        for (std::size_t i = 0; i < schema.alternatives(); ++i)
            if (violations(schema.alternative(i), value).empty()) {
                complete(value, schema.alternative(i), pointer);
                break;
            }
        if (value.type() == typeid(Object::Ptr))
            completeObject(Object::Ptr(value.extract<Object::Ptr>()), schema, pointer);
        else if (value.type() == typeid(Array::Ptr))
            completeArray(Array::Ptr(value.extract<Array::Ptr>()), schema, pointer);
    }
    void completeObject(Object::Ptr object, const SchemaPlace& schema, const std::string& pointer) {
        if (const Object::Ptr known = schema.properties(); !known.isNull())
            for (const std::string& name : known->getNames()) {
                const SchemaPlace place = schema.member(name);
                if (!object->has(name) && !place.isAny() && place.json()->has("default"))
                    object->set(name, place.json()->get("default"));
            }
        for (const std::string& name : object->getNames()) {
            std::string below = pointer;
            below += '/';
            below += name;
            if (!schema.allows(name)) unknown(schema, name, below);
            if (isSecretReference(object->get(name))) continue;
            Var value = object->get(name);
            complete(value, schema.member(name), below);
            object->set(name, value);
        }
    }
    void completeArray(Array::Ptr array, const SchemaPlace& schema, const std::string& pointer) {
        for (unsigned i = 0; i < array->size(); ++i) {
            Var value = array->get(i);
            complete(value, schema.item(), pointer + "/" + std::to_string(i));
            array->set(i, value);
        }
    }
    /// Hidden already, by the alternative of the object that holds it.
    [[nodiscard]] static bool isSecretReference(const Var& value) {
        return value.type() == typeid(Object::Ptr) && value.extract<Object::Ptr>()->has("$secret");
    }
    void hide(Var& value, const std::string& pointer) {
        if (isSecretReference(value)) return report(pointer, "must be the secret itself");
        if (!value.isString()) return;
        std::string name = pointer.substr(1);
        std::ranges::replace(name, '/', '.');
        out_.secrets.push_back({name, Secret(value.extract<std::string>())});
        Object::Ptr placeholder = new Object;
        placeholder->set("$secret", name);
        value = placeholder;
    }
    void unknown(const SchemaPlace& schema, const std::string& name, const std::string& pointer) {
        std::vector<std::string> known;
        if (!schema.properties().isNull()) known = schema.properties()->getNames();
        const std::string near = nearest(name, known);
        report(pointer, near.empty() ? "unknown key" : "unknown key; the nearest is " + near);
    }
    void report(const std::string& pointer, std::string reason) {
        const YamlNode* place = config_;
        std::istringstream steps(pointer.empty() ? "" : pointer.substr(1));
        for (std::string step; std::getline(steps, step, '/');) {
            const YamlNode* below = childOf(*place, step);
            if (below == nullptr) break;
            place = below;
        }
        findings_.push_back(place->wrong(prefix_ + pointer, std::move(reason)));
    }
    [[nodiscard]] static const YamlNode* childOf(const YamlNode& node, const std::string& step) {
        if (!node.isSequence()) return node.find(step);
        const Var index = isNumber(step) ? numberOf(step) : Var(Poco::Int64{-1});
        const auto at = index.convert<Poco::Int64>();
        if (at < 0 || static_cast<std::size_t>(at) >= node.items.size()) return nullptr;
        return &node.items[static_cast<std::size_t>(at)];
    }

    SchemaPlace schema_;
    BoundInstance& out_;
    Findings& findings_;
    std::string prefix_;
    const YamlNode* config_ = nullptr;
};

/// Reads options that stand in an instance, so that findings name them in full.
void readIn(const std::string& prefix, const OptionTable& table, const YamlNode& node, Findings& findings) {
    Findings own;
    readOptions(table, node, own);
    for (Finding& each : own) {
        each.field = prefix + each.field;
        findings.push_back(std::move(each));
    }
}

/// Moves the host's keys out of a provider's config and reads them.
void takeHostKeys(const InstanceSpec& spec, YamlNode& config, ProviderOptions& options, Findings& findings) {
    const std::string prefix = "instances." + spec.name + ".config.";
    const OptionTable table = providerTable(options);
    YamlNode host = config;
    const auto is_host_key = [&](const YamlMember& member) {
        return std::ranges::any_of(table, [&](const Option& each) { return each.path == member.key; });
    };
    std::erase_if(host.members, [&](const YamlMember& member) { return !is_host_key(member); });
    std::erase_if(config.members, is_host_key);
    readIn(prefix, table, host, findings);
    std::string& url = options.endpoint.base_url;
    const YamlNode* at = host.find("base_url");
    if (at != nullptr && !at->broken && !url.starts_with("http://") && !url.starts_with("https://"))
        findings.push_back(at->wrong(prefix + "base_url", "must begin with http:// or https://"));
    while (!url.empty() && url.back() == '/') url.pop_back();
    if (options.endpoint.verify_tls) return;
    Finding loud =
        host.find("tls_verify")
            ->wrong(prefix + "tls_verify", "any certificate is accepted: who sits on the way reads keys and chats");
    loud.severity = Finding::Severity::Warning;
    findings.push_back(std::move(loud));
}

}  // namespace

BoundInstance bindInstance(const InstanceSpec& spec, const ClassFacts& facts, Findings& findings) {
    BoundInstance bound;
    YamlNode config = spec.config;
    if (facts.kind.starts_with("gwp.provider.")) takeHostKeys(spec, config, bound.provider, findings);
    const std::string prefix = "instances." + spec.name + ".";
    if (facts.kind.starts_with("gwp.middleware/"))
        readIn(prefix, middlewareTable(bound.middleware), spec.placement, findings);
    else
        for (const YamlMember& member : spec.placement.members)
            findings.push_back(member.value.wrong(prefix + member.key, "has an effect on middleware only"));
    try {
        Binder(spec, SchemaPlace(facts.schema.empty() ? R"({"type":"object"})" : facts.schema), bound, findings)
            .run(config);
    } catch (const Poco::Exception& broken) {
        findings.push_back(spec.config.wrong(prefix + "class", "its schema cannot be used: " + broken.displayText()));
    } catch (const std::exception& broken) {
        findings.push_back(
            spec.config.wrong(prefix + "class", std::string("its schema cannot be used: ") + broken.what()));
    }
    return bound;
}

}  // namespace gw::config
