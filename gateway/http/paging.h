#pragma once
#include <string>
#include <string_view>

#include "http/request.h"
#include "protocol/json_writer.h"
#include "sessions/paging.h"

namespace gw::http {

/// `limit` (1..100, default 20) and `cursor` of a list. Throws Error(InvalidRequest).
[[nodiscard]] sessions::PageRequest pageOf(const Request& request);

/// {"data":[…],"next_cursor":…}. `append` writes one item.
template <class T, class Append>
[[nodiscard]] std::string encodePage(const sessions::ListPage<T>& page, Append append) {
    protocol::JsonWriter json;
    json.beginObject().key("data").beginArray();
    for (const auto& item : page.items) append(json, item);
    json.endArray().key("next_cursor");
    if (page.next.empty())
        json.null();
    else
        json.string(page.next);
    json.endObject();
    return json.take();
}

}  // namespace gw::http
