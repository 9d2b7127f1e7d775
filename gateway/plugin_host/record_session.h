#pragma once
#include <gwp/storage.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "plugin_host/error_slot.h"
#include "plugin_host/instance.h"
#include "plugin_host/record_store.h"

namespace gw::plugin_host {

/// The transaction met another one: run it again.
class SerializationConflict final : public Error {
public:
    using Error::Error;
};
/// The connection was lost while committing: the rows may or may not be there.
class UnknownCommit final : public Error {
public:
    using Error::Error;
};

/// The declared type of every column, which tells text from bytes for the C ABI. Immutable once built. [any]
class ColumnTypes {
public:
    explicit ColumnTypes(const Schema& schema);
    /// Throws Error(Internal) for what is not declared. `hint` is where the last column was found.
    [[nodiscard]] std::uint32_t of(std::string_view collection, std::string_view column, std::size_t& hint) const;

private:
    using Columns = std::vector<std::pair<std::string, std::uint32_t>>;
    std::unordered_map<std::string, Columns> collections_;
};

/// What all sessions of one storage instance share; outlives them.
struct StorageLink {
    std::shared_ptr<Instance> instance;
    gwp_storage table{};  // a view: functions the plugin lacks are null
    std::unique_ptr<const ColumnTypes> types;
    std::chrono::nanoseconds deadline{std::chrono::seconds(2)};  // of one call
    std::atomic<bool> healthy{true};

    [[nodiscard]] gwp_instance* handle() const noexcept { return static_cast<gwp_instance*>(instance->handle()); }
};

/// One gwp_session. [worker], one thread at a time.
class PluginRecordSession final : public RecordSession {
public:
    /// Opens it; throws Error(Unavailable).
    explicit PluginRecordSession(StorageLink& link);
    PluginRecordSession(const PluginRecordSession&) = delete;
    PluginRecordSession& operator=(const PluginRecordSession&) = delete;
    ~PluginRecordSession() override;

    void begin(bool read_only) override;
    void commit() override;
    void rollback() noexcept override;
    [[nodiscard]] Outcome insert(std::string_view collection, const Row& row) override;
    [[nodiscard]] Outcome update(std::string_view collection, const Row& key, const Row& expect,
                                 const Row& set) override;
    [[nodiscard]] Outcome remove(std::string_view collection, const Row& key) override;
    void add(std::string_view collection, const Row& key, const Row& init, const Row& deltas) override;
    [[nodiscard]] Outcome addBounded(std::string_view collection, const Row& key, const Row& init, const Row& deltas,
                                     const Bound& bound) override;
    [[nodiscard]] Page find(const Query& query) override;
    [[nodiscard]] std::uint64_t purge(const Query& query) override;

    [[nodiscard]] bool ping() noexcept;
    [[nodiscard]] std::uint32_t schemaVersion();
    [[nodiscard]] std::string plan();
    void migrate();

    /// It may not be used again: its connection is lost or its state unknown.
    [[nodiscard]] bool broken() const noexcept { return broken_; }
    [[nodiscard]] MonoTime lastUse() const noexcept { return last_use_; }

private:
    using Fields = std::vector<gwp_field>;
    /// Calls `entry` with a fresh deadline; the status as the plugin gave it.
    template <class F>
    gwp_status call(const char* phase, std::chrono::nanoseconds limit, F&& entry) noexcept;
    template <class F>
    gwp_status call(const char* phase, F&& entry) noexcept {
        return call(phase, link_.deadline, entry);
    }
    /// Outcomes pass, the rest throws.
    [[nodiscard]] Outcome outcome(gwp_status status);
    void require(gwp_status status);
    [[noreturn]] void fail(gwp_status status);
    void fill(Fields& fields, std::string_view collection, const Row& row) const;
    struct QueryParts;
    void fill(QueryParts& parts, const Query& query) const;

    StorageLink& link_;
    gwp_session* session_ = nullptr;
    ErrorSlot error_;
    Fields key_, expect_, set_;
    MonoTime last_use_;
    bool broken_ = false, in_transaction_ = false;
};

}  // namespace gw::plugin_host
