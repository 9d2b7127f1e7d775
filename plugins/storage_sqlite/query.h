// storage_sqlite/query.h - a gwp_query checked against its index, as SQL and parameters.
#pragma once
#include <string>
#include <vector>

#include "cursor.h"
#include "model.h"

namespace sqlite_store {

constexpr std::uint32_t kDescending = 1u, kCountOnly = 2u;

/// Everything borrowed from the query and the model, for one call.
class CheckedQuery {
public:
    /// Throws GWP_E_INVALID or GWP_E_UNSUPPORTED.
    CheckedQuery(const Model& model, const gwp_query& query);

    [[nodiscard]] const Collection& collection() const noexcept { return *collection_; }
    /// What a row of find() gives; the order's columns follow it in the result, for the cursor.
    [[nodiscard]] const std::vector<const Column*>& selected() const noexcept { return selected_; }
    [[nodiscard]] const std::vector<const Column*>& order() const noexcept { return order_; }
    [[nodiscard]] CursorScope scope() const noexcept { return scope_; }
    [[nodiscard]] bool countOnly() const noexcept { return (query_.flags & kCountOnly) != 0; }
    std::uint64_t limit() const noexcept { return query_.limit; }

    /// In the order of the SQL's parameters; the row limit is the last.
    [[nodiscard]] const std::vector<gwp_value>& parameters() const noexcept { return parameters_; }
    [[nodiscard]] std::string findSql() const;
    [[nodiscard]] std::string purgeSql() const;
    /// Queries of one shape have the same SQL.
    [[nodiscard]] const std::string& shape() const noexcept { return shape_; }

private:
    void readIndex(gwp_str name);
    void readConditions();
    bool readConditionsOn(const Column& column, std::uint64_t& used);  // whether one of them is an equal one
    void equal(const Column& column, const gwp_cond& condition);
    void range(const Column& column, const gwp_cond& condition);
    void prefix(const Column& column, std::string_view value);
    void compare(const Column& column, const char* sign, const gwp_value& value);
    void readOrder();
    void readCursor();
    std::string afterRow(const std::vector<gwp_value>& last);
    /// What follows `last` in one column's order; with a parameter unless `last` is NULL.
    [[nodiscard]] std::string beyondColumn(const Column& column, const gwp_value& last) const;
    void readSelect();
    [[nodiscard]] std::string fromWhereOrder() const;

    const gwp_query& query_;
    const Collection* collection_;
    std::vector<const Column*> index_columns_, order_, selected_;
    std::size_t equal_columns_ = 0;  // leading columns of the index that have one value
    std::string where_, shape_, upper_bound_;
    std::vector<gwp_value> parameters_;
    CursorScope scope_ = 0;
};

}  // namespace sqlite_store
