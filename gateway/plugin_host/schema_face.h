#pragma once
#include <gwp/storage.h>

#include <deque>
#include <vector>

#include "plugin_host/record_store.h"

namespace gw::plugin_host {

/// A Schema as the C ABI wants it; borrows its names, so the Schema must outlive this.
class SchemaFace {
public:
    explicit SchemaFace(const Schema& schema);
    SchemaFace(const SchemaFace&) = delete;
    SchemaFace& operator=(const SchemaFace&) = delete;
    ~SchemaFace() = default;
    [[nodiscard]] const gwp_schema& table() const noexcept { return schema_; }

private:
    struct Parts {  // of one collection
        gwp_collection collection{};
        std::vector<gwp_str> key;
        std::deque<gwp_column> columns;
        std::vector<const gwp_column*> column_pointers;
        std::deque<gwp_index> indexes;
        std::vector<const gwp_index*> index_pointers;
        std::deque<std::vector<gwp_str>> index_columns;
    };
    static void fill(Parts& parts, const Collection& collection);
    std::deque<Parts> parts_;
    std::vector<const gwp_collection*> pointers_;
    gwp_schema schema_{};
};

}  // namespace gw::plugin_host
