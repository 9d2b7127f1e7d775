#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace gw::storage {

/// Which part of a list: `cursor` is the `next` of the page before, or empty. A cursor that is not ours is
/// Error(InvalidRequest).
struct PageRequest {
    std::uint64_t limit = 20;  // 1..1000
    std::string cursor;
};

template <class T>
struct ListPage {
    std::vector<T> items;
    std::string next;  // empty: the last page
};

}  // namespace gw::storage
