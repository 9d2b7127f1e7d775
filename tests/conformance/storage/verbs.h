#pragma once
#include <gwp/storage.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "plugin_host/abi_view.h"
#include "plugin_host/arena.h"
#include "plugin_host/error_slot.h"
#include "plugin_host/record_store.h"
#include "plugin_host/schema_face.h"
#include "tests/support/storage_plugin.h"

namespace gw::test {

/// A gwp_value that owns its bytes.
struct Datum {
    std::uint32_t type = 0;
    std::int64_t i = 0;
    double d = 0;
    std::string b;
    bool operator==(const Datum&) const = default;
    [[nodiscard]] gwp_value abi() const {
        return {type, 0, i, d, {reinterpret_cast<const std::uint8_t*>(b.data()), b.size()}};
    }
};
inline Datum null() {
    return {};
}
inline Datum i64(std::int64_t number) {
    return {GWP_T_I64, number, 0, {}};
}
inline Datum f64(double number) {
    return {GWP_T_F64, 0, number, {}};
}
inline Datum text(std::string words) {
    return {GWP_T_TEXT, 0, 0, std::move(words)};
}
inline Datum blob(std::string bytes) {
    return {GWP_T_BLOB, 0, 0, std::move(bytes)};
}
inline Datum json(std::string words) {
    return {GWP_T_JSON, 0, 0, std::move(words)};
}
inline Datum at(std::int64_t micros) {
    return {GWP_T_TIME, micros, 0, {}};
}
inline Datum flag(bool on) {
    return {GWP_T_BOOL, on ? 1 : 0, 0, {}};
}

using Record = std::vector<std::pair<std::string, Datum>>;
struct Where {
    std::string column;
    std::uint32_t compare;
    Datum value;
};
struct Ask {
    std::string collection, index;
    std::vector<Where> where;
    std::uint64_t limit = 100;
    std::string after;
    std::uint32_t flags = 0;
    std::vector<std::string> select;
};
struct Answer {
    gwp_status status = GWP_OK;
    std::vector<Record> rows;
    std::string next;
};
[[nodiscard]] const Datum& column(const Record& record, std::string_view name);

/// The database under test: a fresh one, reached through the C table only.
class Database {
public:
    Database();
    [[nodiscard]] const gwp_storage& table() const noexcept { return table_; }
    [[nodiscard]] gwp_instance* handle() const noexcept { return static_cast<gwp_instance*>(made_.instance->handle()); }
    gwp_status declare(const plugin_host::Schema& schema);
    /// Ends the instance and makes another one on the same data.
    void restart();

private:
    TemporaryDirectory directory_;
    StoragePlugin plugin_;
    StoragePlugin::Made made_;
    gwp_storage table_{};
    std::string config_;
};

/// One gwp_session and its verbs in convenient clothes.
class Verbs {
public:
    explicit Verbs(Database& database);
    Verbs(const Verbs&) = delete;
    Verbs& operator=(const Verbs&) = delete;
    ~Verbs();

    std::chrono::nanoseconds limit{std::chrono::seconds(30)};
    [[nodiscard]] const std::string& errorType() const noexcept { return error_.type; }
    [[nodiscard]] gwp_session* raw() const noexcept { return session_; }

    gwp_status insert(std::string_view collection, const Record& row);
    gwp_status update(std::string_view collection, const Record& key, const Record& expect, const Record& set);
    gwp_status remove(std::string_view collection, const Record& key);
    gwp_status add(std::string_view collection, const Record& key, const Record& init, const Record& deltas);
    struct Bound {
        std::string counter;
        std::int64_t min, max;
    };
    gwp_status addBounded(std::string_view collection, const Record& key, const Record& init, const Record& deltas,
                          const Bound& bound);
    Answer find(const Ask& ask);
    gwp_status purge(const Ask& ask, std::uint64_t& done);
    gwp_status begin(std::uint32_t flags = 0);
    gwp_status commit();
    gwp_status rollback();
    gwp_status schemaVersion(std::uint32_t& installed);
    gwp_status plan(std::string& text);
    gwp_status migrate();
    gwp_status ping();

    /// The one row with this text id, or nothing.
    std::optional<Record> get(std::string_view collection, const std::string& id);

private:
    gwp_call call();
    Database& database_;
    gwp_session* session_ = nullptr;
    plugin_host::ErrorSlot error_;
};

/// What the cases work with: "things" (version 1), "pairs", things.note and things.by_note (version 2).
[[nodiscard]] plugin_host::Schema schemaOf(std::uint32_t version);

/// A database that is declared and migrated.
struct Migrated : Database {
    explicit Migrated(std::uint32_t version = 1);
};

}  // namespace gw::test
