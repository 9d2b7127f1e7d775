// storage_sqlite/cursor.h - where a page ended: the values of its last row in the order's columns.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model.h"

namespace sqlite_store {

/// What a cursor was made for (collection, index, direction, equal conditions), as a number: used with another query,
/// it is refused.
using CursorScope = std::uint64_t;
/// FNV-1a, continued from `seed`.
std::uint64_t hashBytes(std::uint64_t seed, std::string_view bytes) noexcept;

/// A checksum finds a damaged cursor. It is no signature: a forged one can only start elsewhere in the list that the
/// query's own conditions allow.
std::string encodeCursor(CursorScope scope, const std::vector<gwp_value>& values);
/// One value per column of the order, borrowing from `text`; nothing: not a cursor of this query.
std::optional<std::vector<gwp_value>> decodeCursor(CursorScope scope, std::string_view text,
                                                   const std::vector<const Column*>& order);

}  // namespace sqlite_store
