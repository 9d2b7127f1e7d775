#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/strong_id.h"
#include "storage/list_page.h"
#include "storage/store.h"

namespace gw::storage {

using plugin_host::Compare;
using plugin_host::Condition;
using plugin_host::Field;
using plugin_host::Query;
using plugin_host::Row;
using plugin_host::Value;
using Outcome = StoreSession::Outcome;

/// Takes the columns of one row in their declared order (all of them were selected), so that no name is searched for;
/// one that does not come next is looked up.
class RowReader {
public:
    explicit RowReader(Row& row) : row_(row) {}

    /// Moves the text out of the row. NULL: empty.
    [[nodiscard]] std::string text(std::string_view column);
    [[nodiscard]] std::optional<std::string> optionalText(std::string_view column);
    [[nodiscard]] std::int64_t number(std::string_view column, std::int64_t when_null = 0);
    [[nodiscard]] bool flag(std::string_view column);
    [[nodiscard]] WallTime time(std::string_view column);
    [[nodiscard]] std::optional<WallTime> optionalTime(std::string_view column);

private:
    [[nodiscard]] Value& value(std::string_view column);
    Row& row_;
    std::size_t next_ = 0;
};

[[nodiscard]] inline Value orNull(const std::optional<std::string>& text) {
    return text ? Value(*text) : Value();
}
[[nodiscard]] inline Value orNull(const std::optional<WallTime>& time) {
    return time ? Value(*time) : Value();
}
/// Negative: not told.
[[nodiscard]] inline Value orNull(std::int64_t number) {
    return number < 0 ? Value() : Value(number);
}

[[nodiscard]] inline Condition equals(std::string column, std::string text) {
    return {std::move(column), Compare::Eq, std::move(text)};
}
[[nodiscard]] inline Condition equals(std::string column, std::int64_t number) {
    return {std::move(column), Compare::Eq, number};
}

/// The one row, or nothing.
[[nodiscard]] std::optional<Row> findOne(StoreSession& session, std::string collection, std::string index,
                                         Condition condition);

/// The rows of a page, each read by `read(Row&)`.
template <class T, class Read>
[[nodiscard]] ListPage<T> readPage(plugin_host::Page page, Read&& read) {
    ListPage<T> list;
    list.next = std::move(page.next);
    list.items.reserve(page.rows.size());
    for (Row& row : page.rows) list.items.push_back(read(row));
    return list;
}

/// Names as one text, one per line. Names hold no line feed: such a one is Error(InvalidRequest).
[[nodiscard]] std::string joinLines(const std::vector<std::string>& names);
[[nodiscard]] std::vector<std::string> splitLines(std::string_view text);

}  // namespace gw::storage
