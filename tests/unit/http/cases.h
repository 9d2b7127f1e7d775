#pragma once
#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/text.h"

namespace gw::test {

/// One raw request of tests/cases/http; run_http_cases.py explains the fields.
struct HttpCase {
    std::string id;
    std::string raw;
    std::vector<std::string> expect;
    std::size_t max_responses = 1;

    [[nodiscard]] bool expects(int status) const {
        for (const auto& each : expect) {
            if (each == "2xx" && status >= 200 && status < 300) return true;
            if (each.ends_with('+') && status >= std::stoi(each) && status < 500) return true;
            if (each == std::to_string(status)) return true;
        }
        return false;
    }
};

inline std::string latin1(const std::string& utf8) {
    std::string bytes;
    for (std::size_t i = 0; i < utf8.size(); ++i) {
        const auto c = static_cast<unsigned char>(utf8[i]);
        if (c < 0x80) {
            bytes += utf8[i];
        } else {  // U+0080 … U+00FF, two bytes
            bytes += static_cast<char>(((c & 3U) << 6U) | (static_cast<unsigned char>(utf8[i + 1]) & 0x3fU));
            ++i;
        }
    }
    return bytes;
}

inline std::string rawOf(const Poco::JSON::Object& object) {
    std::string raw;
    if (object.has("raw_b64")) {
        [[maybe_unused]] const bool good = base64Decode(object.getValue<std::string>("raw_b64"), raw);
        return raw;
    }
    if (!object.isArray("raw")) return latin1(object.getValue<std::string>("raw"));
    for (const auto& part : *object.getArray("raw")) {
        if (part.isString()) {
            raw += latin1(part.convert<std::string>());
            continue;
        }
        const auto pair = part.extract<Poco::JSON::Array::Ptr>();
        for (int i = 0; i < pair->getElement<int>(1); ++i) raw += latin1(pair->getElement<std::string>(0));
    }
    return raw;
}

inline std::vector<HttpCase> httpCases() {
    std::vector<HttpCase> cases;
    for (const auto& entry : std::filesystem::directory_iterator(GATEWAY_SOURCE_DIR "/tests/cases/http")) {
        std::ifstream file(entry.path());
        for (std::string line; std::getline(file, line);) {
            // Poco 1.11 cuts a string at an escaped NUL: it gets a stand-in for the way through.
            for (std::size_t at = 0; (at = line.find("\\u0000", at)) != std::string::npos;)
                line.replace(at, 6, "\\u00ff");
            const auto object = Poco::JSON::Parser().parse(line).extract<Poco::JSON::Object::Ptr>();
            HttpCase one{object->getValue<std::string>("id"),
                         rawOf(*object),
                         {},
                         object->optValue<std::size_t>("max_responses", 1)};
            if (!object->has("raw_b64"))
                for (char& c : one.raw)
                    if (c == '\xff') c = '\0';
            for (const auto& each : *object->getArray("expect")) one.expect.push_back(each.convert<std::string>());
            cases.push_back(std::move(one));
        }
    }
    return cases;
}

}  // namespace gw::test
