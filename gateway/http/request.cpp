#include "http/request.h"

#include <algorithm>

#include "base/error.h"
#include "http/target.h"

namespace gw::http {

std::string_view Request::header(std::string_view lower_name) const noexcept {
    const auto found =
        std::ranges::find(headers, lower_name, [](const auto& field) { return std::string_view(field.first); });
    return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

std::string Request::queryParameter(std::string_view name) const {
    const auto decoded = [](std::string_view text) {
        std::string plain;
        if (!percentDecode(text, plain, true)) throw Error(ErrorCode::InvalidRequest, "the query string is malformed");
        return plain;
    };
    for (std::string_view rest = query; !rest.empty();) {
        const std::size_t end = std::min(rest.find('&'), rest.size());
        const auto pair = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        const std::size_t equals = std::min(pair.find('='), pair.size());
        if (decoded(pair.substr(0, equals)) == name) return decoded(pair.substr(std::min(equals + 1, pair.size())));
    }
    return {};
}

}  // namespace gw::http
