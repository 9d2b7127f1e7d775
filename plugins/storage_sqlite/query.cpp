#include "query.h"

#include <algorithm>

#include "sql_text.h"
#include "sqlite.h"
#include "values.h"

namespace sqlite_store {
namespace {

constexpr std::uint64_t kMaxLimit = 10'000;

// The smallest text above every text that starts with `prefix`; empty: there is none.
std::string afterPrefix(std::string_view prefix) {
    std::string bound(prefix);
    while (!bound.empty() && static_cast<unsigned char>(bound.back()) == 0xff) bound.pop_back();
    if (!bound.empty()) bound.back() = static_cast<char>(static_cast<unsigned char>(bound.back()) + 1);
    return bound;
}

const char* signOf(std::uint32_t compare) {
    switch (compare) {
        case GWP_CMP_LT: return " < ";
        case GWP_CMP_LE: return " <= ";
        case GWP_CMP_GT: return " > ";
        case GWP_CMP_GE: return " >= ";
        default: throw gwp::error(GWP_E_UNSUPPORTED, "unknown comparison");
    }
}

bool contains(const std::vector<const Column*>& columns, const Column* column) {
    return std::ranges::find(columns, column) != columns.end();
}

}  // namespace

CheckedQuery::CheckedQuery(const Model& model, const gwp_query& query)
    : query_(query), collection_(&model.collection(gwp::sv(query.collection))) {
    if (!gwp::tail_is_zero(&query) || (query.flags & ~(kDescending | kCountOnly)) != 0)
        throw gwp::error(GWP_E_UNSUPPORTED, "the query uses something newer than this plugin");
    if (query.limit == 0 || query.limit > kMaxLimit) throw invalid("the limit must be 1..10000");
    readIndex(query.index);
    readConditions();
    readOrder();
    readCursor();
    readSelect();
    parameters_.push_back(integer(static_cast<std::int64_t>(query.limit) + (countOnly() ? 0 : 1)));
    shape_ = "q" + collection_->name + "/" + std::string(gwp::sv(query.index)) + "/" + std::to_string(query.flags) +
             where_ + "/";
    for (const Column* column : selected_) shape_ += column->name + ",";
}

void CheckedQuery::readIndex(gwp_str name) {
    index_columns_ = name.len == 0 ? collection_->key : collection_->index(gwp::sv(name)).columns;
}

// Equal conditions on the first columns of the index, then bounds on the next: whatever else would scan.
void CheckedQuery::readConditions() {
    scope_ = hashBytes(query_.flags & kDescending, collection_->name);
    scope_ = hashBytes(scope_, gwp::sv(query_.index));
    std::uint64_t used = 0;
    for (const Column* column : index_columns_) {
        const std::uint64_t before = used;
        const bool equals = readConditionsOn(*column, used);
        if (equals && used != before + 1) throw invalid("two conditions beside an equal one: " + column->name);
        if (!equals) break;
        ++equal_columns_;
    }
    if (used != query_.n_where) throw invalid("the conditions are no prefix of the index");
}

bool CheckedQuery::readConditionsOn(const Column& column, std::uint64_t& used) {
    bool equals = false;
    for (std::uint64_t i = 0; i < query_.n_where; ++i) {
        const gwp_cond& condition = query_.where[i];
        if (gwp::sv(condition.column) != column.name) continue;
        ++used;
        if (condition.cmp == GWP_CMP_EQ) {
            equals = true;
            equal(column, condition);
        } else {
            range(column, condition);
        }
    }
    return equals;
}

void CheckedQuery::equal(const Column& column, const gwp_cond& condition) {
    checkValue(column, condition.value, true);
    compare(column, column.nullable() ? " IS " : " = ", condition.value);
    scope_ = hashBytes(scope_, column.name);
    scope_ = hashBytes(scope_, gwp::sv(condition.value.b));
    scope_ = hashBytes(scope_ + static_cast<std::uint64_t>(condition.value.i), std::string_view());
}

void CheckedQuery::range(const Column& column, const gwp_cond& condition) {
    checkValue(column, condition.value, false);
    if (condition.cmp != GWP_CMP_PREFIX) return compare(column, signOf(condition.cmp), condition.value);
    if (!column.bytes()) throw invalid("a prefix of what is not text: " + column.name);
    prefix(column, gwp::sv(condition.value.b));
}

void CheckedQuery::prefix(const Column& column, std::string_view value) {
    if (!upper_bound_.empty()) throw invalid("two prefixes of " + column.name);
    gwp_value bound{};
    bound.type = column.type;
    bound.b = gwp::bytes(value);
    compare(column, " >= ", bound);
    upper_bound_ = afterPrefix(value);
    if (upper_bound_.empty()) return;
    bound.b = gwp::bytes(upper_bound_);
    compare(column, " < ", bound);
}

void CheckedQuery::compare(const Column& column, const char* sign, const gwp_value& value) {
    where_ += (where_.empty() ? " WHERE " : " AND ") + quoted(column.name) + sign + "?";
    parameters_.push_back(value);
}

void CheckedQuery::readOrder() {
    for (std::size_t i = equal_columns_; i < index_columns_.size(); ++i) order_.push_back(index_columns_[i]);
    for (const Column* column : collection_->key)
        if (!contains(index_columns_, column)) order_.push_back(column);
    // Everything has one value: at most one row, but a page still needs an order.
    if (order_.empty()) order_ = collection_->key;
}

void CheckedQuery::readCursor() {
    if (query_.after.len == 0) return;
    const auto last = decodeCursor(scope_, gwp::sv(query_.after), order_);
    if (!last) throw invalid("not a cursor of this query", "bad_cursor");
    where_ += (where_.empty() ? " WHERE " : " AND ") + afterRow(*last);
}

// Everything behind the last row. Row values follow the index; with a NULL among them they would be neither true nor
// false, so nullable columns are compared one by one (NULL is the smallest, as in the order).
std::string CheckedQuery::afterRow(const std::vector<gwp_value>& last) {
    const char* beyond = (query_.flags & kDescending) != 0 ? " < " : " > ";
    if (std::ranges::none_of(order_, [](const Column* column) { return column->nullable(); })) {
        std::string marks;
        for (const gwp_value& value : last) {
            marks += marks.empty() ? "?" : ", ?";
            parameters_.push_back(value);
        }
        return "(" + names(order_) + ")" + beyond + "(" + marks + ")";
    }
    std::string sql, same;
    for (std::size_t i = 0; i < order_.size(); ++i) {
        sql += i == 0 ? "((" : " OR (";
        sql += same;
        sql += beyondColumn(*order_[i], last[i]);
        sql += ')';
        for (std::size_t j = 0; j < i; ++j) parameters_.push_back(last[j]);
        if (last[i].type != 0) parameters_.push_back(last[i]);
        same += quoted(order_[i]->name) + " IS ? AND ";
    }
    return sql + ")";
}

std::string CheckedQuery::beyondColumn(const Column& column, const gwp_value& last) const {
    const bool descending = (query_.flags & kDescending) != 0;
    const std::string name = quoted(column.name);
    if (last.type == 0) return descending ? "0" : name + " IS NOT NULL";
    if (!descending) return name + " > ?";
    return column.nullable() ? "(" + name + " < ? OR " + name + " IS NULL)" : name + " < ?";
}

void CheckedQuery::readSelect() {
    for (std::uint64_t i = 0; i < query_.n_select; ++i)
        selected_.push_back(&collection_->column(gwp::sv(query_.select[i])));
    if (query_.n_select == 0)
        for (const Column& column : collection_->columns) selected_.push_back(&column);
}

std::string CheckedQuery::fromWhereOrder() const {
    std::string sql = " FROM " + quoted(collection_->name) + where_ + " ORDER BY ";
    for (const Column* column : order_)
        sql += (column == order_.front() ? "" : ", ") + quoted(column->name) +
               ((query_.flags & kDescending) != 0 ? " DESC" : "");
    return sql + " LIMIT ?";
}

std::string CheckedQuery::findSql() const {
    if (countOnly()) return "SELECT count(*) FROM (SELECT 1" + fromWhereOrder() + ")";
    return "SELECT " + names(selected_) + ", " + names(order_) + fromWhereOrder();
}

std::string CheckedQuery::purgeSql() const {
    const std::string key = names(collection_->key);
    return "DELETE FROM " + quoted(collection_->name) + " WHERE (" + key + ") IN (SELECT " + key + fromWhereOrder() +
           ")";
}

}  // namespace sqlite_store
