#include "config/json_schema.h"

#include <Poco/JSON/Array.h>
#include <Poco/JSON/Parser.h>

namespace gw::config {

namespace {

using Poco::JSON::Array;
using Poco::JSON::Object;

constexpr int kMaxReferences = 16;  // a $ref that leads back to itself ends here
constexpr std::string_view kDefinitions = "#/$defs/";

/// Follows $ref; null when it leads nowhere.
[[nodiscard]] Object::Ptr resolve(const Object::Ptr& root, Object::Ptr place) {
    for (int i = 0; !place.isNull() && place->has("$ref"); ++i) {
        const auto target = place->optValue<std::string>("$ref", "");
        const Object::Ptr definitions = root->getObject("$defs");
        if (i == kMaxReferences || definitions.isNull() || !target.starts_with(kDefinitions)) return {};
        place = definitions->getObject(target.substr(kDefinitions.size()));
    }
    return place;
}

}  // namespace

SchemaPlace::SchemaPlace(std::string_view text) {
    Poco::JSON::Parser parser;
    root_ = parser.parse(std::string(text)).extract<Object::Ptr>();
    here_ = resolve(root_, root_);
}

SchemaPlace::SchemaPlace(Object::Ptr root, Object::Ptr here)
    : root_(std::move(root)), here_(resolve(root_, std::move(here))) {}

Object::Ptr SchemaPlace::properties() const {
    return isAny() ? Object::Ptr() : here_->getObject("properties");
}

SchemaPlace SchemaPlace::member(const std::string& name) const {
    if (isAny()) return {};
    const Object::Ptr known = properties();
    if (!known.isNull() && known->has(name)) return at(known->getObject(name));
    return at(here_->getObject("additionalProperties"));
}

SchemaPlace SchemaPlace::item() const {
    return isAny() ? SchemaPlace() : at(here_->getObject("items"));
}

std::size_t SchemaPlace::alternatives() const {
    const Array::Ptr list = isAny() ? Array::Ptr() : here_->getArray("oneOf");
    return list.isNull() ? 0 : list->size();
}

SchemaPlace SchemaPlace::alternative(std::size_t n) const {
    return at(here_->getArray("oneOf")->getObject(static_cast<unsigned>(n)));
}

bool SchemaPlace::isSecret() const {
    return !isAny() && here_->optValue<bool>("x-gwp-secret", false);
}

bool SchemaPlace::wantsText() const {
    if (isAny()) return false;
    if (here_->has("type")) return here_->get("type").isString() && here_->getValue<std::string>("type") == "string";
    if (const Array::Ptr words = here_->getArray("enum"); !words.isNull()) {
        for (const auto& word : *words)
            if (!word.isString()) return false;
        return !words->empty();
    }
    const std::size_t count = alternatives();
    for (std::size_t i = 0; i < count; ++i)
        if (!alternative(i).wantsText()) return false;
    return count > 0;
}

bool SchemaPlace::allows(const std::string& name) const {
    const Object::Ptr known = properties();
    if (isAny() || (!known.isNull() && known->has(name))) return true;
    if (here_->has("additionalProperties")) return true;  // false is valijson's to refuse
    return alternatives() > 0;                            // the chosen alternative decides
}

}  // namespace gw::config
