// storage_sqlite/store.h - the plugin's class: one database file.
#pragma once
#include <memory>
#include <string_view>

#include "config.h"
#include "files.h"
#include "session.h"

namespace sqlite_store {

class Store : public gwp::instance<Store> {
public:
    // NOLINTNEXTLINE(readability-identifier-naming): gwp.hpp looks for this name
    static constexpr std::string_view interface_id = GWP_IF_STORAGE;
    static constexpr std::string_view id = "gateway.storage_sqlite";
    static constexpr std::string_view title = "SQLite: the embedded database";
    static constexpr std::string_view schema = kConfigSchema;
    static const gwp_storage table;

    explicit Store(std::string_view config_json) : options_(readConfig(config_json)) {}

    /// Locks, opens and examines the file; begins the periodic copies. [main]
    void start();
    void stop() noexcept;

    void setSchema(const gwp_schema& declared) { model_ = std::make_shared<const Model>(readModel(declared)); }
    std::unique_ptr<Session> open() const;

private:
    void examine(const Connection& connection) const;
    void startCopies();
    static void copyNow(gwp_instance* self, void*) noexcept;

    const Options options_;
    FileLock lock_;
    mutable WriterQueue writers_;
    std::shared_ptr<const Model> model_;
    // Open from start() to stop(), so that the log and its index are not made anew (on a disk that may be full)
    // whenever the last session closes.
    std::unique_ptr<Connection> keeper_;
    std::atomic<bool> stopping_{false};
    gwp_token copies_ = 0;
};

}  // namespace sqlite_store
