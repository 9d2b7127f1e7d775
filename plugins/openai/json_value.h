#pragma once
#include <gwp/gwp.hpp>
#include <string_view>

namespace openai {

/// One value of a text parsed by gwp.json/1; absent values answer like null. Lives as long as the text's arena. [call]
class Json {
public:
    Json() = default;
    Json(const gwp_svc_json* api, const gwp_json* node) : api_(api), node_(node) {}

    [[nodiscard]] bool exists() const { return node_ != nullptr; }
    [[nodiscard]] std::uint32_t type() const { return node_ != nullptr ? api_->type(node_) : GWP_JSON_NULL; }
    [[nodiscard]] bool given() const { return type() != GWP_JSON_NULL; }
    [[nodiscard]] bool isString() const { return type() == GWP_JSON_STRING; }
    [[nodiscard]] bool isNumber() const { return type() == GWP_JSON_NUMBER; }
    [[nodiscard]] bool isArray() const { return type() == GWP_JSON_ARRAY; }
    [[nodiscard]] bool isObject() const { return type() == GWP_JSON_OBJECT; }
    [[nodiscard]] bool isTrue() const { return type() == GWP_JSON_TRUE; }

    [[nodiscard]] std::string_view str() const { return isString() ? gwp::sv(api_->str(node_)) : std::string_view(); }
    [[nodiscard]] std::string_view raw() const {
        return node_ != nullptr ? gwp::sv(api_->raw(node_)) : std::string_view();
    }
    /// The text of a string, the digits of a number: vendors do not agree on which of the two a code is.
    [[nodiscard]] std::string_view scalar() const { return isNumber() ? raw() : str(); }
    [[nodiscard]] double num(double fallback) const { return isNumber() ? api_->num(node_, fallback) : fallback; }
    [[nodiscard]] std::int64_t i64(std::int64_t fallback) const {
        return isNumber() ? api_->i64(node_, fallback) : fallback;
    }
    [[nodiscard]] std::uint64_t size() const { return isArray() || isObject() ? api_->size(node_) : 0; }
    [[nodiscard]] Json at(std::string_view pointer) const {
        return {api_, node_ != nullptr ? api_->at(node_, gwp::str(pointer)) : nullptr};
    }
    [[nodiscard]] Json item(std::uint64_t index) const { return {api_, api_->item(node_, index, nullptr)}; }

    /// visit(key, value) for each member, or with an empty key for each element.
    template <class Visit>
    void each(const Visit& visit) const {
        for (std::uint64_t i = 0, n = size(); i < n; ++i) {
            gwp_str key{};
            const gwp_json* value = api_->item(node_, i, &key);
            visit(gwp::sv(key), Json(api_, value));
        }
    }

private:
    const gwp_svc_json* api_ = nullptr;
    const gwp_json* node_ = nullptr;
};

}  // namespace openai
