#include "config/schema_loader.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <map>
#include <set>
#include <stdexcept>
#include <vector>

namespace gw::config {
namespace {

using plugin_host::Collection;
using plugin_host::Column;
using plugin_host::ColumnType;
using plugin_host::Index;
using plugin_host::Schema;

/// One declaration file being read into the schema.
class SchemaFile {
public:
    SchemaFile(std::string file, std::uint32_t number, Schema& schema)
        : file_(std::move(file)), number_(number), schema_(schema) {}

    void read() {
        YAML::Node root;
        try {
            root = YAML::LoadFile(file_);
        } catch (const YAML::Exception& error) {
            throw std::runtime_error(file_ + ":" + std::to_string(error.mark.line + 1) + ": " + error.msg);
        }
        checkKeys(root, {"version", "collections"});
        if (unsignedOf(child(root, "version")) != number_)
            fail(root["version"], "the version is not the file's number");
        for (const auto& entry : mapping(child(root, "collections"))) readCollection(entry.first, entry.second);
        schema_.version = number_;
    }

private:
    [[noreturn]] void fail(const YAML::Node& node, const std::string& reason) const {
        throw std::runtime_error(file_ + ":" + std::to_string(node.Mark().line + 1) + ": " + reason);
    }
    [[nodiscard]] YAML::Node child(const YAML::Node& node, const char* key) const {
        const YAML::Node found = node[key];
        if (!found) fail(node, std::string("lacks ") + key);
        return found;
    }
    [[nodiscard]] YAML::Node mapping(const YAML::Node& node) const {
        if (!node.IsMap()) fail(node, "a mapping is expected here");
        return node;
    }
    void checkKeys(const YAML::Node& node, const std::set<std::string>& known) const {
        std::set<std::string> seen;
        for (const auto& entry : mapping(node)) {
            const auto key = entry.first.Scalar();
            if (!known.empty() && !known.contains(key)) fail(entry.first, "unknown key: " + key);
            if (!seen.insert(key).second) fail(entry.first, "stands twice: " + key);
        }
    }
    [[nodiscard]] std::uint64_t unsignedOf(const YAML::Node& node) const {
        const std::string& text = node.Scalar();
        std::uint64_t number = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error != std::errc() || end != text.data() + text.size()) fail(node, "a number is expected here");
        return number;
    }
    [[nodiscard]] bool flag(const YAML::Node& node, const char* key) const {
        const YAML::Node found = node[key];
        if (!found) return false;
        if (found.Scalar() != "true" && found.Scalar() != "false") fail(found, "true or false is expected here");
        return found.Scalar() == "true";
    }
    [[nodiscard]] std::vector<std::string> names(const YAML::Node& node, const Collection& collection) const {
        if (!node.IsSequence() || node.size() == 0) fail(node, "a list of columns is expected here");
        std::vector<std::string> list;
        for (const auto& entry : node) {
            const bool known = std::ranges::any_of(collection.columns,
                                                   [&](const Column& column) { return column.name == entry.Scalar(); });
            if (!known) fail(entry, "no such column: " + entry.Scalar());
            list.push_back(entry.Scalar());
        }
        return list;
    }

    void readCollection(const YAML::Node& name, const YAML::Node& body) {
        checkKeys(body, {"primary_key", "columns", "indexes"});
        const auto found = std::ranges::find_if(schema_.collections,
                                                [&](const Collection& other) { return other.name == name.Scalar(); });
        const bool fresh = found == schema_.collections.end();
        Collection& collection = fresh ? schema_.collections.emplace_back() : *found;
        if (fresh) {
            collection.name = name.Scalar();
            collection.since = number_;
        }
        if (body["columns"]) readColumns(collection, body["columns"], fresh);
        if (fresh == !body["primary_key"]) fail(name, "a new collection, and no other, has a primary_key");
        if (fresh) collection.primary_key = names(body["primary_key"], collection);
        if (body["indexes"]) readIndexes(collection, body["indexes"]);
    }
    void readColumns(Collection& collection, const YAML::Node& columns, bool fresh) {
        checkKeys(columns, {});
        for (const auto& entry : columns) {
            Column column = readColumn(entry.first, entry.second);
            if (!fresh && !column.nullable && !column.counter)
                fail(entry.first, "a column that is added must be nullable or a counter");
            for (const Column& other : collection.columns)
                if (other.name == column.name) fail(entry.first, "stands twice: " + column.name);
            collection.columns.push_back(std::move(column));
        }
    }
    [[nodiscard]] Column readColumn(const YAML::Node& name, const YAML::Node& body) const {
        static const std::map<std::string, ColumnType> types{{"i64", ColumnType::I64},   {"f64", ColumnType::F64},
                                                             {"text", ColumnType::Text}, {"blob", ColumnType::Blob},
                                                             {"time", ColumnType::Time}, {"bool", ColumnType::Bool},
                                                             {"json", ColumnType::Json}};
        checkKeys(body, {"type", "max", "nullable", "counter"});
        const auto type = types.find(child(body, "type").Scalar());
        if (type == types.end()) fail(body["type"], "no such type: " + body["type"].Scalar());
        Column column{name.Scalar(), type->second, flag(body, "nullable"), flag(body, "counter"), 0, number_};
        const bool bytes =
            column.type == ColumnType::Text || column.type == ColumnType::Blob || column.type == ColumnType::Json;
        if (bytes == !body["max"]) fail(body, "text, blob and json, and nothing else, have a max");
        if (bytes) column.max_length = unsignedOf(body["max"]);
        if (column.counter && (column.type != ColumnType::I64 || column.nullable))
            fail(body, "a counter is an i64 and not nullable");
        return column;
    }
    void readIndexes(Collection& collection, const YAML::Node& indexes) const {
        checkKeys(indexes, {});
        for (const auto& entry : indexes) {
            checkKeys(entry.second, {"columns", "unique"});
            for (const Index& other : collection.indexes)
                if (other.name == entry.first.Scalar()) fail(entry.first, "stands twice: " + other.name);
            collection.indexes.push_back({entry.first.Scalar(), names(child(entry.second, "columns"), collection),
                                          flag(entry.second, "unique"), number_});
        }
    }

    const std::string file_;
    const std::uint32_t number_;
    Schema& schema_;
};

/// The files by their number, "0001_initial.yaml" being 1.
std::map<std::uint32_t, std::string> numberedFiles(const std::string& directory) {
    std::map<std::uint32_t, std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(directory)) {
        const std::string name = entry.path().filename().string();
        if (entry.path().extension() != ".yaml" || name.front() == '.') continue;
        std::uint32_t number = 0;
        const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
        if (error != std::errc() || end != name.data() + 4 || *end != '_')
            throw std::runtime_error(entry.path().string() + ":1: the name must be NNNN_name.yaml");
        if (!files.emplace(number, entry.path().string()).second)
            throw std::runtime_error(entry.path().string() + ":1: the number is taken");
    }
    return files;
}

}  // namespace

Schema loadSchema(const std::string& directory) {
    Schema schema;
    std::map<std::uint32_t, std::string> files;
    try {
        files = numberedFiles(directory);
    } catch (const std::filesystem::filesystem_error& error) {
        throw std::runtime_error(directory + ":1: " + error.code().message());
    }
    for (const auto& [number, file] : files) {
        if (number != schema.version + 1)
            throw std::runtime_error(file + ":1: number " + std::to_string(schema.version + 1) + " is missing");
        SchemaFile(file, number, schema).read();
    }
    if (files.empty()) throw std::runtime_error(directory + ":1: no declarations here");
    return schema;
}

}  // namespace gw::config
