#include "model.h"

#include <algorithm>

#include "sqlite.h"

namespace sqlite_store {
namespace {

// Names become identifiers in SQL text, so nothing but these characters gets through.
std::string identifier(gwp_str text) {
    const std::string_view name = gwp::sv(text);
    const bool plain = !name.empty() && name.size() <= 63 && name[0] >= 'a' && name[0] <= 'z' &&
                       name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string_view::npos;
    if (!plain || name.substr(0, 4) == "gwp_" || name.substr(0, 7) == "sqlite_")
        throw invalid("not a name for a collection, column or index: " + std::string(name));
    return std::string(name);
}

template <class T>
const T& known(const T* declared) {
    if (!declared || !gwp::tail_is_zero(declared))
        throw gwp::error(GWP_E_UNSUPPORTED, "the schema uses something newer than this plugin");
    return *declared;
}

Column readColumn(const gwp_column& declared) {
    if (declared.type < GWP_T_I64 || declared.type > GWP_T_JSON ||
        (declared.flags & ~(GWP_COL_NULLABLE | GWP_COL_COUNTER)) != 0)
        throw gwp::error(GWP_E_UNSUPPORTED, "unknown column type or flag: " + std::string(gwp::sv(declared.name)));
    Column column{identifier(declared.name), declared.type, declared.flags, declared.since, declared.max_len};
    if (column.counter() && (column.type != GWP_T_I64 || column.nullable()))
        throw invalid("a counter is an i64 and not nullable: " + column.name);
    return column;
}

Index readIndex(const Collection& collection, const gwp_index& declared) {
    if ((declared.flags & ~GWP_IX_UNIQUE) != 0) throw gwp::error(GWP_E_UNSUPPORTED, "unknown index flag");
    Index index{identifier(declared.name), {}, (declared.flags & GWP_IX_UNIQUE) != 0, declared.since};
    for (std::uint64_t i = 0; i < declared.n_columns; ++i)
        index.columns.push_back(&collection.column(gwp::sv(declared.columns[i])));
    if (index.columns.empty()) throw invalid("an index without columns: " + index.name);
    return index;
}

Collection readCollection(const gwp_collection& declared) {
    Collection collection;
    collection.name = identifier(declared.name);
    collection.since = declared.since;
    for (std::uint64_t i = 0; i < declared.n_columns; ++i)
        collection.columns.push_back(readColumn(known(declared.columns[i])));
    for (std::uint64_t i = 0; i < declared.n_primary_key; ++i) {
        const Column& column = collection.column(gwp::sv(declared.primary_key[i]));
        if (column.nullable()) throw invalid("a primary key may not be null: " + column.name);
        collection.key.push_back(&column);
    }
    if (collection.key.empty()) throw invalid("a collection without a primary key: " + collection.name);
    for (std::uint64_t i = 0; i < declared.n_indexes; ++i)
        collection.indexes.push_back(readIndex(collection, known(declared.indexes[i])));
    return collection;
}

template <class List>
const auto& named(const List& list, std::string_view name, const char* what) {
    const auto found = std::ranges::find_if(list, [&](const auto& entry) { return entry.name == name; });
    if (found == list.end()) throw invalid("no such " + std::string(what) + ": " + std::string(name));
    return *found;
}

}  // namespace

const Column& Collection::column(std::string_view column_name) const {
    return named(columns, column_name, "column");
}

const Index& Collection::index(std::string_view index_name) const {
    return named(indexes, index_name, "index");
}

bool Collection::inKey(const Column& column) const noexcept {
    return std::ranges::find(key, &column) != key.end();
}

const Collection& Model::collection(std::string_view name) const {
    return named(collections, name, "collection");
}

Model readModel(const gwp_schema& schema) {
    Model model;
    model.version = known(&schema).version;
    // Reserved first, so that no collection (and no column that an index points at) moves.
    model.collections.reserve(schema.n_collections);
    for (std::uint64_t i = 0; i < schema.n_collections; ++i)
        model.collections.push_back(readCollection(known(schema.collections[i])));
    return model;
}

}  // namespace sqlite_store
