#include "tests/conformance/fixture.h"

#include <yaml-cpp/yaml.h>

#include <functional>
#include <map>
#include <stdexcept>

namespace conformance {
namespace {

Headers headersOf(const YAML::Node& node) {
    Headers headers;
    for (const auto& entry : node) headers.emplace_back(entry.first.as<std::string>(), entry.second.as<std::string>());
    return headers;
}

template <class T>
std::vector<T> listOf(const YAML::Node& node) {
    std::vector<T> list;
    for (const auto& entry : node) list.push_back(entry.as<T>());
    return list;
}

using Setter = std::function<void(Fixture&, const YAML::Node&)>;

Setter text(std::string Fixture::* member) {
    return [member](Fixture& fixture, const YAML::Node& node) { fixture.*member = node.as<std::string>(); };
}

Setter flag(bool Fixture::* member) {
    return [member](Fixture& fixture, const YAML::Node& node) { fixture.*member = node.as<bool>(); };
}

const std::map<std::string, Setter>& setters() {
    static const std::map<std::string, Setter> known{
        {"name", text(&Fixture::name)},
        {"config", text(&Fixture::config)},
        {"operation", text(&Fixture::operation)},
        {"model", text(&Fixture::model)},
        {"request", text(&Fixture::request)},
        {"stream", flag(&Fixture::stream)},
        {"sends_path", text(&Fixture::sends_path)},
        {"sends_body", text(&Fixture::sends_body)},
        {"sends_headers", [](Fixture& f, const YAML::Node& node) { f.sends_headers = headersOf(node); }},
        {"status", [](Fixture& f, const YAML::Node& node) { f.status = node.as<std::uint32_t>(); }},
        {"headers", [](Fixture& f, const YAML::Node& node) { f.headers = headersOf(node); }},
        {"body", text(&Fixture::body)},
        {"cut", flag(&Fixture::cut)},
        {"events", [](Fixture& f, const YAML::Node& node) { f.events = listOf<std::string>(node); }},
        {"frames", [](Fixture& f, const YAML::Node& node) { f.frames = listOf<std::string>(node); }},
        {"waits", [](Fixture& f, const YAML::Node& node) { f.waits = listOf<std::uint64_t>(node); }},
        {"error", text(&Fixture::error)},
    };
    return known;
}

Fixture fixtureOf(const YAML::Node& node, const std::string& path) {
    Fixture fixture;
    for (const auto& entry : node) {
        const auto key = entry.first.as<std::string>();
        const auto setter = setters().find(key);
        if (setter == setters().end()) throw std::runtime_error(path + ": unknown member " + key);
        setter->second(fixture, entry.second);
    }
    if (fixture.headers.empty() && !fixture.body.empty())
        fixture.headers = {
            {"content-type", fixture.stream && fixture.status == 200 ? "text/event-stream" : "application/json"}};
    if (fixture.request.empty()) fixture.request = R"({"model":"m","messages":[{"role":"user","content":"Hi"}]})";
    return fixture;
}

}  // namespace

std::vector<Fixture> loadFixtures(const std::string& path) {
    std::vector<Fixture> fixtures;
    for (const auto& node : YAML::LoadFile(path)) fixtures.push_back(fixtureOf(node, path));
    return fixtures;
}

}  // namespace conformance
