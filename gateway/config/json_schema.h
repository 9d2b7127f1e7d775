#pragma once
#include <Poco/JSON/Object.h>

#include <string>
#include <string_view>

namespace gw::config {

/// One place in a class's JSON Schema: what it says of the value there. A place the schema says nothing about is "any".
/// Cheap to copy. [any]
class SchemaPlace {
public:
    SchemaPlace() = default;
    /// The root. Throws Poco::Exception when `text` is no JSON object.
    explicit SchemaPlace(std::string_view text);

    [[nodiscard]] bool isAny() const noexcept { return here_.isNull(); }
    [[nodiscard]] SchemaPlace member(
        const std::string& name) const;  // of an object: its property, or additionalProperties
    [[nodiscard]] SchemaPlace item() const;
    /// Alternatives (oneOf), in order; `n` < alternatives().
    [[nodiscard]] std::size_t alternatives() const;
    [[nodiscard]] SchemaPlace alternative(std::size_t n) const;

    [[nodiscard]] bool isSecret() const;
    [[nodiscard]] bool wantsText() const;  // text and nothing else
    /// Whether an object here may have the member: closed unless the schema speaks of additionalProperties.
    [[nodiscard]] bool allows(const std::string& name) const;
    [[nodiscard]] Poco::JSON::Object::Ptr properties() const;  // null: none
    [[nodiscard]] const Poco::JSON::Object::Ptr& json() const noexcept { return here_; }
    [[nodiscard]] const Poco::JSON::Object::Ptr& root() const noexcept { return root_; }

private:
    SchemaPlace(Poco::JSON::Object::Ptr root, Poco::JSON::Object::Ptr here);
    [[nodiscard]] SchemaPlace at(const Poco::JSON::Object::Ptr& place) const { return {root_, place}; }

    Poco::JSON::Object::Ptr root_;
    Poco::JSON::Object::Ptr here_;
};

}  // namespace gw::config
