#include "config/schema_check.h"

#include <valijson/adapters/poco_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

namespace gw::config {

namespace {

using valijson::adapters::PocoJsonAdapter;

/// "[a]" "[0]" -> "/a/0"; the first says "<root>".
[[nodiscard]] std::string toPointer(const std::vector<std::string>& context) {
    std::string pointer;
    for (std::size_t i = 1; i < context.size(); ++i) pointer += "/" + context[i].substr(1, context[i].size() - 2);
    return pointer;
}

/// valijson says at each level above a violation that something below is wrong.
[[nodiscard]] bool isEcho(const std::string& reason) {
    return reason.starts_with("Failed to validate against schema associated with") ||
           reason.starts_with("Failed to validate item");
}

}  // namespace

std::vector<SchemaViolation> violations(const SchemaPlace& schema, const Poco::Dynamic::Var& value) {
    valijson::Schema compiled;
    valijson::SchemaParser parser;
    // $ref is looked up from the document's root, so an alternative is compiled inside a copy of it.
    Poco::JSON::Object::Ptr document = new Poco::JSON::Object(*schema.json());
    if (schema.root()->has("$defs")) document->set("$defs", schema.root()->get("$defs"));
    parser.populateSchema(PocoJsonAdapter(Poco::Dynamic::Var(document)), compiled);
    valijson::Validator validator;
    valijson::ValidationResults results;
    std::vector<SchemaViolation> found;
    if (validator.validate(compiled, PocoJsonAdapter(value), &results)) return found;
    valijson::ValidationResults::Error error;
    while (results.popError(error))
        if (!isEcho(error.description)) found.push_back({toPointer(error.context), error.description});
    if (found.empty()) found.push_back({"", "does not match the schema"});
    return found;
}

}  // namespace gw::config
