// storage_sqlite/verbs.h - the writing verbs: checked on the caller's thread, run on whichever connection leads. Each
// is one statement, so SQLite undoes a failed one alone, and a batch needs no savepoints.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "connection.h"
#include "query.h"
#include "sql_text.h"
#include "values.h"

namespace sqlite_store {

/// Borrowed from the caller until its call returns.
struct Fields {
    const gwp_field* data = nullptr;
    std::uint64_t count = 0;
};

class Insert {
public:
    Insert(const Collection& collection, Fields row);
    gwp_status run(Connection& connection);

private:
    const Collection& collection_;
    Columns columns_;
    std::vector<gwp_value> values_;
    std::string shape_;
};

class Update {
public:
    Update(const Collection& collection, Fields key, Fields expect, Fields set);
    gwp_status run(Connection& connection);

private:
    const Collection& collection_;
    Columns set_, expect_;
    std::vector<gwp_value> values_, key_;
    std::string shape_;
};

class Remove {
public:
    Remove(const Collection& collection, Fields key);
    gwp_status run(Connection& connection);

private:
    const Collection& collection_;
    std::vector<gwp_value> key_;
};

/// add() and add_bounded().
class Add {
public:
    struct Row {
        Fields key, init, deltas;
    };
    struct Bound {
        gwp_str counter;
        std::int64_t min, max;
    };
    Add(const Collection& collection, const Row& row, const std::optional<Bound>& bound);
    gwp_status run(Connection& connection);

private:
    void readDeltas(const Row& row);
    void startAt(const Column& column, std::int64_t delta);
    void readBound(const Bound& bound);
    [[nodiscard]] bool sufficesForNewRow() const;
    gwp_status noRowChanged(Connection& connection) const;

    const Collection& collection_;
    AddShape sql_;
    std::vector<gwp_value> values_;  // of a new row; then the deltas; then the bound
    bool may_insert_;
    std::string shape_;
};

class Purge {
public:
    Purge(const Model& model, const gwp_query& query);
    gwp_status run(Connection& connection);
    std::uint64_t done() const noexcept { return done_; }

private:
    CheckedQuery query_;
    std::uint64_t done_ = 0;
};

}  // namespace sqlite_store
