#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/finding.h"

namespace gw::config {

struct YamlMember;

/// One value of a YAML file, with the place where it stands. A value like any other: copied and merged freely. [any]
struct YamlNode {
    enum class Kind : std::uint8_t { Null, Scalar, Sequence, Map };
    Kind kind = Kind::Null;
    bool plain = false;     // a scalar without quotes, whose look decides its type
    bool expanded = false;  // references were replaced: not shown, not replaced again
    bool broken = false;    // a finding stands for it already: not looked at again
    std::string text;       // of a scalar
    std::string file;
    int line = 0;
    std::vector<YamlNode> items;      // of a sequence
    std::vector<YamlMember> members;  // of a map; a value's line is its key's

    [[nodiscard]] bool isNull() const noexcept { return kind == Kind::Null; }
    [[nodiscard]] bool isScalar() const noexcept { return kind == Kind::Scalar; }
    [[nodiscard]] bool isSequence() const noexcept { return kind == Kind::Sequence; }
    [[nodiscard]] bool isMap() const noexcept { return kind == Kind::Map; }
    [[nodiscard]] const YamlNode* find(std::string_view key) const noexcept;  // null: absent or no map
    [[nodiscard]] YamlNode* find(std::string_view key) noexcept;
    /// The finding that this value is wrong.
    [[nodiscard]] Finding wrong(std::string field, std::string reason) const {
        return {Finding::Severity::Error, file, line, std::move(field), std::move(reason)};
    }
};

struct YamlMember {
    std::string key;
    YamlNode value;
};

/// One document of YAML. What is not plain data (anchors, aliases, merge keys, tags, a key twice, a second document) is
/// a finding. An empty file is Null.
[[nodiscard]] YamlNode parseYaml(const std::string& text, const std::string& file, Findings& findings);

/// RFC 7396: maps are merged, null removes, everything else replaces.
void mergeYaml(YamlNode& target, const YamlNode& patch);

/// The value at "a.b.c"; null: absent.
[[nodiscard]] const YamlNode* findPath(const YamlNode& root, std::string_view path) noexcept;

}  // namespace gw::config
