#pragma once
#include "storage/list_page.h"

namespace gw::sessions {

/// Which part of a list, and what came of it; the same for every list that clients see.
using PageRequest = storage::PageRequest;
template <class T>
using ListPage = storage::ListPage<T>;

}  // namespace gw::sessions
