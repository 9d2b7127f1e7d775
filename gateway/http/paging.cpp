#include "http/paging.h"

#include <charconv>

#include "base/error.h"

namespace gw::http {

sessions::PageRequest pageOf(const Request& request) {
    sessions::PageRequest page{.limit = 20, .cursor = request.queryParameter("cursor")};
    const auto limit = request.queryParameter("limit");
    if (limit.empty()) return page;
    const auto [end, error] = std::from_chars(limit.data(), limit.data() + limit.size(), page.limit);
    if (error != std::errc{} || end != limit.data() + limit.size() || page.limit < 1 || page.limit > 100)
        throw Error(ErrorCode::InvalidRequest, "'limit' must be a number from 1 to 100").withParam("limit");
    return page;
}

}  // namespace gw::http
