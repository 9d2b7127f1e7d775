#include "plugin_host/schema_face.h"

#include <string>

#include "plugin_host/host_services.h"

namespace gw::plugin_host {
namespace {

std::vector<gwp_str> abiNames(const std::vector<std::string>& names) {
    std::vector<gwp_str> out;
    out.reserve(names.size());
    for (const std::string& name : names) out.push_back(abi(name));
    return out;
}

}  // namespace

SchemaFace::SchemaFace(const Schema& schema) {
    for (const Collection& collection : schema.collections) {
        fill(parts_.emplace_back(), collection);
        pointers_.push_back(&parts_.back().collection);
    }
    schema_ = {sizeof(gwp_schema), schema.version, pointers_.data(), pointers_.size()};
}

void SchemaFace::fill(Parts& parts, const Collection& collection) {
    parts.key = abiNames(collection.primary_key);
    for (const Column& column : collection.columns) {
        const std::uint32_t flags = (column.nullable ? GWP_COL_NULLABLE : 0u) | (column.counter ? GWP_COL_COUNTER : 0u);
        parts.columns.push_back({sizeof(gwp_column), static_cast<std::uint32_t>(column.type), flags, column.since,
                                 column.max_length, abi(column.name)});
        parts.column_pointers.push_back(&parts.columns.back());
    }
    for (const Index& index : collection.indexes) {
        const std::vector<gwp_str>& columns = parts.index_columns.emplace_back(abiNames(index.columns));
        parts.indexes.push_back({sizeof(gwp_index), index.unique ? GWP_IX_UNIQUE : 0u, index.since, 0, abi(index.name),
                                 columns.data(), columns.size()});
        parts.index_pointers.push_back(&parts.indexes.back());
    }
    parts.collection = {sizeof(gwp_collection),
                        collection.since,
                        abi(collection.name),
                        parts.key.data(),
                        parts.key.size(),
                        parts.column_pointers.data(),
                        parts.column_pointers.size(),
                        parts.index_pointers.data(),
                        parts.index_pointers.size()};
}

}  // namespace gw::plugin_host
