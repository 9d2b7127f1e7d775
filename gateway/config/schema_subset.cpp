#include <Poco/Exception.h>
#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>

#include <algorithm>
#include <array>

#include "config/instance_config.h"
#include "config/json_schema.h"

namespace gw::config {

namespace {

using Poco::Dynamic::Var;
using Poco::JSON::Array;
using Poco::JSON::Object;

constexpr std::array kKeywords{"type",
                               "properties",
                               "required",
                               "enum",
                               "const",
                               "default",
                               "minimum",
                               "maximum",
                               "minLength",
                               "maxLength",
                               "pattern",
                               "items",
                               "additionalProperties",
                               "oneOf",
                               "$ref",
                               "$defs",
                               "$schema",
                               "$id",
                               "title",
                               "description",
                               "x-gwp-secret",
                               "x-gwp-unit"};
constexpr int kMaxDepth = 32;

/// Walks a schema and collects what plugins of another host could understand differently.
class SubsetWalk {
public:
    void visit(const Var& place, const std::string& pointer, int depth) {
        if (depth > kMaxDepth) return report(pointer, "nested too deep");
        if (place.type() != typeid(Object::Ptr)) return report(pointer, "must be an object");
        const Object& schema = *place.extract<Object::Ptr>();
        for (const std::string& name : schema.getNames())
            if (std::ranges::find(kKeywords, name) == kKeywords.end())
                report(below(pointer, name), "is outside the subset");
        if (schema.has("$ref")) return reference(schema, pointer);
        visitMembers(schema, "properties", pointer, depth);
        visitMembers(schema, "$defs", pointer, depth);
        if (schema.has("items")) visit(schema.get("items"), pointer + "/items", depth + 1);
        if (schema.has("additionalProperties") && !schema.get("additionalProperties").isBoolean())
            visit(schema.get("additionalProperties"), pointer + "/additionalProperties", depth + 1);
        visitAlternatives(schema, pointer, depth);
    }
    [[nodiscard]] std::vector<std::string> take() { return std::move(problems_); }

private:
    [[nodiscard]] static std::string below(std::string pointer, const std::string& name) {
        return pointer.append("/").append(name);
    }
    void report(const std::string& pointer, const std::string& reason) {
        problems_.push_back((pointer.empty() ? "/" : pointer) + ": " + reason);
    }
    void reference(const Object& schema, const std::string& pointer) {
        if (schema.size() > 1) report(pointer, "$ref must stand alone");
        const Var target = schema.get("$ref");
        if (!target.isString() || !target.extract<std::string>().starts_with("#/$defs/"))
            report(pointer, "$ref must begin with #/$defs/");
    }
    void visitMembers(const Object& schema, const std::string& name, const std::string& pointer, int depth) {
        if (!schema.has(name)) return;
        const Object::Ptr members = schema.getObject(name);
        const std::string at = pointer + "/" + name;
        if (members.isNull()) return report(at, "must be an object");
        for (const std::string& each : members->getNames()) visit(members->get(each), below(at, each), depth + 1);
    }
    void visitAlternatives(const Object& schema, const std::string& pointer, int depth) {
        if (!schema.has("oneOf")) return;
        const Array::Ptr list = schema.getArray("oneOf");
        if (list.isNull()) return report(pointer + "/oneOf", "must be a list");
        for (unsigned i = 0; i < list->size(); ++i)
            visit(list->get(i), pointer + "/oneOf/" + std::to_string(i), depth + 1);
    }

    std::vector<std::string> problems_;
};

}  // namespace

std::vector<std::string> schemaProblems(std::string_view schema) {
    try {
        SubsetWalk walk;
        walk.visit(Var(SchemaPlace(schema).root()), "", 0);
        return walk.take();
    } catch (const Poco::Exception& broken) {
        return {"/: not a JSON object: " + broken.displayText()};
    }
}

}  // namespace gw::config
