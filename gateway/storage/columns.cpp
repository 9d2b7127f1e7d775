#include "storage/columns.h"

#include "base/error.h"

namespace gw::storage {

Value& RowReader::value(std::string_view column) {
    for (std::size_t tried = 0; tried < row_.size(); ++tried, ++next_) {
        if (next_ >= row_.size()) next_ = 0;
        if (row_[next_].column == column) return row_[next_++].value;
    }
    throw Error(ErrorCode::Internal, "Internal error.", "a row lacks the column " + std::string(column));
}

std::string RowReader::text(std::string_view column) {
    auto* text = std::get_if<std::string>(&value(column));
    return text != nullptr ? std::move(*text) : std::string();
}

std::optional<std::string> RowReader::optionalText(std::string_view column) {
    auto* text = std::get_if<std::string>(&value(column));
    return text != nullptr ? std::optional(std::move(*text)) : std::nullopt;
}

std::int64_t RowReader::number(std::string_view column, std::int64_t when_null) {
    const auto* number = std::get_if<std::int64_t>(&value(column));
    return number != nullptr ? *number : when_null;
}

bool RowReader::flag(std::string_view column) {
    const auto* flag = std::get_if<bool>(&value(column));
    return flag != nullptr && *flag;
}

WallTime RowReader::time(std::string_view column) {
    return optionalTime(column).value_or(WallTime{});
}

std::optional<WallTime> RowReader::optionalTime(std::string_view column) {
    const auto* time = std::get_if<WallTime>(&value(column));
    return time != nullptr ? std::optional(*time) : std::nullopt;
}

std::optional<Row> findOne(StoreSession& session, std::string collection, std::string index, Condition condition) {
    Query query;
    query.collection = std::move(collection);
    query.index = std::move(index);
    query.where.push_back(std::move(condition));
    query.limit = 1;
    plugin_host::Page page = session.find(query);
    if (page.rows.empty()) return std::nullopt;
    return std::move(page.rows.front());
}

std::string joinLines(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) {
        if (name.find('\n') != std::string::npos)
            throw Error(ErrorCode::InvalidRequest, "A name must not hold a line feed.");
        if (!text.empty()) text += '\n';
        text += name;
    }
    return text;
}

std::vector<std::string> splitLines(std::string_view text) {
    std::vector<std::string> names;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        names.emplace_back(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return names;
}

}  // namespace gw::storage
