// storage_sqlite/model.h - our own copy of the collections that the core declares.
#pragma once
#include <cstdint>
#include <gwp/gwp.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace sqlite_store {

struct Column {
    std::string name;
    std::uint32_t type = 0, flags = 0, since = 0;
    std::uint64_t max_length = 0;
    [[nodiscard]] bool nullable() const noexcept { return (flags & GWP_COL_NULLABLE) != 0; }
    [[nodiscard]] bool counter() const noexcept { return (flags & GWP_COL_COUNTER) != 0; }
    [[nodiscard]] bool bytes() const noexcept { return type == GWP_T_TEXT || type == GWP_T_BLOB || type == GWP_T_JSON; }
};

struct Index {
    std::string name;
    std::vector<const Column*> columns;
    bool unique = false;
    std::uint32_t since = 0;
};

/// Columns never move once the model is built: indexes and prepared statements point at them.
struct Collection {
    std::string name;
    std::uint32_t since = 0;
    std::vector<Column> columns;
    std::vector<const Column*> key;
    std::vector<Index> indexes;

    /// Both throw GWP_E_INVALID for a name that is not declared.
    [[nodiscard]] const Column& column(std::string_view column_name) const;
    [[nodiscard]] const Index& index(std::string_view index_name) const;
    [[nodiscard]] bool inKey(const Column& column) const noexcept;
};

struct Model {
    std::uint32_t version = 0;
    std::vector<Collection> collections;
    [[nodiscard]] const Collection& collection(std::string_view name) const;
};

/// Throws GWP_E_INVALID or GWP_E_UNSUPPORTED for a declaration that makes no sense here.
Model readModel(const gwp_schema& schema);

}  // namespace sqlite_store
