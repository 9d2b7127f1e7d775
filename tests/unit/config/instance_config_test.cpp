#include "config/instance_config.h"

#include <algorithm>

#include "tests/support/catch.h"

using namespace gw::config;

namespace {

constexpr const char* kSchema = R"({
  "type": "object", "required": ["name"],
  "properties": {
    "name": {"type": "string"}, "code": {"type": "string"}, "count": {"type": "integer", "default": 3, "maximum": 9},
    "key": {"type": "string", "x-gwp-secret": true}, "any": {},
    "nested": {"$ref": "#/$defs/nested"}, "list": {"type": "array", "items": {"$ref": "#/$defs/nested"}},
    "either": {"oneOf": [{"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}}},
                         {"type": "object", "required": ["b"],
                          "properties": {"b": {"type": "string", "x-gwp-secret": true}}}]},
    "free": {"type": "object", "additionalProperties": {"type": "string"}}
  },
  "$defs": {"nested": {"type": "object", "properties": {"on": {"type": "boolean", "default": true},
            "token": {"type": "string", "x-gwp-secret": true}}}}
})";

struct Outcome {
    BoundInstance bound;
    std::string findings;
};

Outcome bind(const std::string& yaml, const std::string& schema = kSchema,
             const std::string& kind = "gwp.storage.records/1") {
    Findings findings;
    InstanceSpec spec;
    spec.name = "x";
    spec.config = parseYaml(yaml, "f.yaml", findings);
    REQUIRE(findings.empty());
    Outcome outcome;
    outcome.bound = bindInstance(spec, {kind, schema}, findings);
    for (const Finding& each : findings) outcome.findings += toText(each) + "\n";
    return outcome;
}

}  // namespace

TEST_CASE("a plain scalar has JSON's type unless the schema asks for text", "[config]") {
    const Outcome outcome =
        bind("name: 12345\ncode: true\nany: [1, -2.5, 1e3, true, null, ~, no, 010, 0x1, 1_0, \"1\", .5]\n");
    CHECK(outcome.findings.empty());
    CHECK(
        outcome.bound.json ==
        R"({"name":"12345","code":"true","any":[1,-2.5,1000,true,null,null,"no","010","0x1","1_0","1",".5"],"count":3})");
}

TEST_CASE("defaults are filled, nested ones too, and secrets become names", "[config]") {
    const Outcome outcome = bind(
        "name: a\nkey: s1\nnested: {token: s2}\nlist: [{token: s3}, {on: false}]\neither: {b: s4}\nfree: {x: 1}\n");
    CHECK(outcome.findings.empty());
    CHECK(outcome.bound.json.find("s1") == std::string::npos);
    CHECK(outcome.bound.json.find(R"("key":{"$secret":"key"})") != std::string::npos);
    CHECK(outcome.bound.json.find(R"("nested":{"token":{"$secret":"nested.token"},"on":true})") != std::string::npos);
    CHECK(outcome.bound.json.find(R"("list":[{"token":{"$secret":"list.0.token"},"on":true},{"on":false}])") !=
          std::string::npos);
    CHECK(outcome.bound.json.find(R"("either":{"b":{"$secret":"either.b"}})") != std::string::npos);
    CHECK(outcome.bound.json.find(R"("free":{"x":"1"})") != std::string::npos);
    REQUIRE(outcome.bound.secrets.size() == 4);
    CHECK(outcome.bound.secrets[0].value.reveal() == "s1");
}

TEST_CASE("an empty secret is none", "[config]") {
    const Outcome outcome = bind("name: a\nkey: \"\"\n");
    CHECK(outcome.findings.empty());
    CHECK(outcome.bound.json == R"({"name":"a","count":3})");
    CHECK(outcome.bound.secrets.empty());
}

TEST_CASE("what the schema forbids is found with its line, and unknown keys are named", "[config]") {
    const Outcome outcome = bind("count: 10\nnested:\n  on: maybe\nnaem: x\nlist:\n  - {}\n  - {of: 1}\n");
    CHECK(outcome.findings.find("f.yaml:1: instances.x.config: ") != std::string::npos);  // name is missing
    CHECK(outcome.findings.find("f.yaml:1: instances.x.config/count: ") != std::string::npos);
    CHECK(outcome.findings.find("f.yaml:3: instances.x.config/nested/on: ") != std::string::npos);
    CHECK(outcome.findings.find("f.yaml:4: instances.x.config/naem: unknown key; the nearest is name\n") !=
          std::string::npos);
    CHECK(outcome.findings.find("f.yaml:7: instances.x.config/list/1/of: unknown key") != std::string::npos);
    CHECK(std::count(outcome.findings.begin(), outcome.findings.end(), '\n') == 5);
}

TEST_CASE("a provider's host keys go to the host and never to the plugin", "[config]") {
    const Outcome outcome = bind(
        "name: a\nbase_url: https://api.example/v1/\ntotal_timeout: 20s\nmodels: [m]\ntls_verify: false\nhttp2: 5\n",
        kSchema, "gwp.provider.translate/1");
    CHECK(outcome.bound.json == R"({"name":"a","count":3})");
    CHECK(outcome.bound.provider.endpoint.base_url == "https://api.example/v1");
    CHECK(outcome.bound.provider.endpoint.total_timeout == std::chrono::seconds(20));
    CHECK(outcome.bound.provider.models == std::vector<std::string>{"m"});
    CHECK(outcome.findings.find("f.yaml:6: instances.x.config.http2: must be true or false\n") != std::string::npos);
    CHECK(outcome.findings.find("f.yaml:5: instances.x.config.tls_verify: warning: any certificate") !=
          std::string::npos);
    CHECK(bind("name: a\nbase_url: ftp://x\n", kSchema, "gwp.provider.translate/1").findings ==
          "f.yaml:2: instances.x.config.base_url: must begin with http:// or https://\n");
    CHECK(bind("name: a\nbase_url: http://x\n").findings.find("base_url: unknown key") != std::string::npos);
}

TEST_CASE("a class without a schema takes no configuration", "[config]") {
    CHECK(bind("{}", "").bound.json == "{}");
    CHECK(bind("a: 1", "").findings.find("unknown key") != std::string::npos);
    CHECK(bind("{}", "[").findings.find("its schema cannot be used") != std::string::npos);
}

TEST_CASE("a schema outside the subset is refused with a pointer", "[config]") {
    CHECK(schemaProblems(kSchema).empty());
    const auto problems = schemaProblems(
        R"({"anyOf":[],"properties":{"a":{"$ref":"http://x","title":"t"},"b":{"items":[{}]},"c":{"format":"uri"}}})");
    CHECK(problems == std::vector<std::string>{"/anyOf: is outside the subset", "/properties/a: $ref must stand alone",
                                               "/properties/a: $ref must begin with #/$defs/",
                                               "/properties/b/items: must be an object",
                                               "/properties/c/format: is outside the subset"});
}
