#include "http/body_fields.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <utility>

#include "base/error.h"
#include "base/text.h"

namespace gw::http {
namespace {

using protocol::JsonType;

Error wrongType(std::string_view name, const char* expected) {
    return Error(ErrorCode::InvalidRequest, "'" + std::string(name) + "' must be " + expected)
        .withParam(std::string(name));
}

std::string takeBody(Request& request) {
    const auto type = request.header("content-type");
    const auto media = trimBlanks(type.substr(0, type.find(';')));
    if (!request.body.empty() && !type.empty() && !equalsIgnoreCase(media, "application/json"))
        throw Error(ErrorCode::UnsupportedMediaType, "the body must be application/json");
    if (request.body.empty()) return "{}";
    return std::move(request.body);
}

protocol::JsonDocument parseBody(Request& request) {
    try {
        return protocol::JsonDocument(takeBody(request));
    } catch (const protocol::JsonError& error) {
        throw Error(ErrorCode::InvalidRequest, "the body is not valid JSON: " + std::string(error.what()) +
                                                   " at byte " + std::to_string(error.offset()));
    }
}

void checkLength(std::string_view name, std::size_t size, std::size_t max) {
    if (size > max)
        throw Error(ErrorCode::InvalidRequest,
                    "'" + std::string(name) + "' is longer than " + std::to_string(max) + " bytes")
            .withParam(std::string(name));
}

}  // namespace

BodyFields::BodyFields(Request& request, std::initializer_list<std::string_view> known)
    : document_(parseBody(request)) {
    const auto& root = document_.root();
    if (root.type() != JsonType::Object) throw Error(ErrorCode::InvalidRequest, "the body must be a JSON object");
    for (const auto* member = root.first(); member != nullptr; member = member->next())
        if (std::ranges::find(known, member->key()) == known.end())
            throw Error(ErrorCode::UnknownField, "unknown field '" + std::string(member->key()) + "'")
                .withParam(std::string(member->key()));
}

const protocol::JsonNode* BodyFields::given(std::string_view name) const {
    const auto* node = document_.root().find(name);
    return node != nullptr && node->type() != JsonType::Null ? node : nullptr;
}

std::optional<std::string> BodyFields::text(std::string_view name, std::size_t max) const {
    const auto* node = given(name);
    if (node == nullptr) return std::nullopt;
    if (node->type() != JsonType::String) throw wrongType(name, "a string");
    checkLength(name, node->str().size(), max);
    return std::string(node->str());
}

std::string BodyFields::requiredText(std::string_view name, std::size_t max) const {
    auto value = text(name, max);
    if (!value || value->empty())
        throw Error(ErrorCode::InvalidRequest, "'" + std::string(name) + "' is required").withParam(std::string(name));
    return *std::move(value);
}

std::optional<bool> BodyFields::boolean(std::string_view name) const {
    const auto* node = given(name);
    if (node == nullptr) return std::nullopt;
    if (node->type() != JsonType::True && node->type() != JsonType::False) throw wrongType(name, "true or false");
    return node->type() == JsonType::True;
}

std::optional<std::vector<std::string>> BodyFields::texts(std::string_view name, std::size_t max_items) const {
    const auto* node = given(name);
    if (node == nullptr) return std::nullopt;
    if (node->type() != JsonType::Array) throw wrongType(name, "an array of strings");
    checkLength(name, node->size(), max_items);
    std::vector<std::string> items;
    for (const auto* item = node->first(); item != nullptr; item = item->next()) {
        if (item->type() != JsonType::String) throw wrongType(name, "an array of strings");
        items.emplace_back(item->str());
    }
    return items;
}

std::optional<std::string> BodyFields::object(std::string_view name, std::size_t max) const {
    const auto* node = given(name);
    if (node == nullptr) return std::nullopt;
    if (node->type() != JsonType::Object) throw wrongType(name, "an object");
    checkLength(name, node->raw().size(), max);
    return std::string(node->raw());
}

std::optional<WallTime> BodyFields::time(std::string_view name) const {
    const auto value = text(name, 64);
    if (!value) return std::nullopt;
    const auto time = parseTime(*value);
    if (!time) throw wrongType(name, "an RFC 3339 time in UTC such as 2026-01-31T12:00:00Z");
    return time;
}

std::optional<WallTime> parseTime(std::string_view text) {
    const std::string copy(text);
    std::tm parts{};
    int length = 0;
    if (std::sscanf(copy.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d%n", &parts.tm_year, &parts.tm_mon, &parts.tm_mday,
                    &parts.tm_hour, &parts.tm_min, &parts.tm_sec, &length) != 6)
        return std::nullopt;
    auto at = static_cast<std::size_t>(length);
    std::int64_t micros = 0, unit = 100'000;
    if (at < copy.size() && copy[at] == '.')
        for (++at; at < copy.size() && copy[at] >= '0' && copy[at] <= '9'; ++at, unit /= 10)
            micros += (copy[at] - '0') * unit;
    if (copy.substr(at) != "Z" && copy.substr(at) != "z") return std::nullopt;
    const std::tm asked = parts;
    parts.tm_year -= 1900;
    parts.tm_mon -= 1;
    const auto seconds = timegm(&parts);
    // timegm mends what is out of range; a mended date is not the one that was asked for.
    if (parts.tm_mday != asked.tm_mday || parts.tm_hour != asked.tm_hour || parts.tm_mon + 1 != asked.tm_mon)
        return std::nullopt;
    return fromMicros(seconds * 1'000'000 + micros);
}

}  // namespace gw::http
