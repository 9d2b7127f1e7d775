#pragma once
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/request.h"
#include "protocol/json.h"

namespace gw::http {

/// The JSON object in the body of a control-plane request, field by field. Unknown fields are refused by name, and
/// every error names its field. Throws Error(InvalidRequest, UnknownField, UnsupportedMediaType). [any]
class BodyFields {
public:
    /// `known`: the fields this route takes. An empty body is an empty object.
    BodyFields(Request& request, std::initializer_list<std::string_view> known);

    [[nodiscard]] bool has(std::string_view name) const { return document_.root().find(name) != nullptr; }
    /// Absent and null are both "not given"; longer than `max` bytes is refused.
    [[nodiscard]] std::optional<std::string> text(std::string_view name, std::size_t max) const;
    [[nodiscard]] std::string requiredText(std::string_view name, std::size_t max) const;
    [[nodiscard]] std::optional<bool> boolean(std::string_view name) const;
    [[nodiscard]] std::optional<std::vector<std::string>> texts(std::string_view name, std::size_t max_items) const;
    /// The source text of an object.
    [[nodiscard]] std::optional<std::string> object(std::string_view name, std::size_t max) const;
    /// An RFC 3339 time in UTC.
    [[nodiscard]] std::optional<WallTime> time(std::string_view name) const;

private:
    [[nodiscard]] const protocol::JsonNode* given(std::string_view name) const;
    protocol::JsonDocument document_;
};

/// Parses "2026-01-31T12:00:00Z", with or without a fraction; only UTC. nullopt: not a time.
[[nodiscard]] std::optional<WallTime> parseTime(std::string_view text);

}  // namespace gw::http
