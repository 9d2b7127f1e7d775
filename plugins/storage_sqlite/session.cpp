#include "session.h"

#include "ddl.h"

namespace sqlite_store {
namespace {

gwp::error databaseNewer(std::uint32_t installed, std::uint32_t known) {
    return {GWP_E_UNSUPPORTED,
            "the database has schema version " + std::to_string(installed) + ", this program knows " +
                std::to_string(known) + ": start the newer program, or restore a copy made before the upgrade",
            "database_newer"};
}

}  // namespace

Session::Entered::Entered(Session& entered_session, const gwp_call& call) : session(entered_session) {
    if (!gwp::tail_is_zero(&call))
        throw gwp::error(GWP_E_UNSUPPORTED, "the call uses something newer than this plugin");
    session.interrupted_ = false;
    session.in_call_ = true;
    watch = {call.deadline_mono_ns, &session.interrupted_};
    session.connection_.watch(watch);
    if (!watch.expired()) return;
    session.in_call_ = false;
    throw gwp::error(GWP_E_TIMEOUT, "the deadline had passed before the call", "storage_timeout", 503, 0);
}

Session::Entered::~Entered() {
    session.in_call_ = false;
    session.connection_.watch({});
}

Session::Session(const Options& options, WriterQueue& writers, std::shared_ptr<const Model> model)
    : connection_(options), writers_(writers), model_(std::move(model)) {}

Session::~Session() {
    rollback();
}

void Session::ping(const gwp_call& call) {
    const Entered entered(*this, call);
    queryText(connection_.db(), "SELECT count(*) FROM sqlite_schema");
}

void Session::interrupt() noexcept {
    if (!in_call_) return;
    interrupted_ = true;
    writers_.wakeAll();
}

std::uint32_t Session::installedVersion() {
    sqlite3* db = connection_.db();
    if (queryText(db, "SELECT 1 FROM sqlite_schema WHERE name = 'gwp_schema_version'").empty()) return 0;
    const std::string version = queryText(db, "SELECT max(version) FROM gwp_schema_version");
    return version.empty() ? 0 : static_cast<std::uint32_t>(std::stoul(version));
}

std::uint32_t Session::schemaVersion(const gwp_call& call) {
    const Entered entered(*this, call);
    return installedVersion();
}

std::string Session::plan(const gwp_call& call) {
    const Entered entered(*this, call);
    const std::uint32_t installed = installedVersion();
    if (installed > model_->version) throw databaseNewer(installed, model_->version);
    if (installed == model_->version) return {};
    const MigrationPlan steps = planMigration(*model_, installed);
    std::string text;
    for (const std::string& reason : steps.impossible) text += "-- NOT POSSIBLE: " + reason + "\n";
    for (const std::string& statement : steps.statements) text += statement + ";\n";
    return text;
}

void Session::migrate(const gwp_call& call) {
    const Entered entered(*this, call);
    if (mode_ != Mode::Free) throw invalid("a migration inside a transaction");
    writers_.acquire(entered.watch);
    mode_ = Mode::Write;
    try {
        execute(connection_.db(), "BEGIN EXCLUSIVE");
        const std::uint32_t installed = installedVersion();
        if (installed > model_->version) throw databaseNewer(installed, model_->version);
        if (installed < model_->version) applyPlan(installed);
        connection_.commit();
    } catch (...) {
        rollback();
        throw;
    }
    endTransaction();
}

void Session::applyPlan(std::uint32_t installed) {
    const MigrationPlan steps = planMigration(*model_, installed);
    if (!steps.impossible.empty()) throw gwp::error(GWP_E_UNSUPPORTED, steps.impossible.front(), "not_additive");
    execute(connection_.db(), kVersionTable);
    for (const std::string& statement : steps.statements) execute(connection_.db(), statement.c_str());
    const std::string done = "INSERT INTO gwp_schema_version (version, applied_at) VALUES (" +
                             std::to_string(model_->version) + ", strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))";
    execute(connection_.db(), done.c_str());
}

void Session::begin(const gwp_call& call, bool read_only) {
    const Entered entered(*this, call);
    if (mode_ != Mode::Free) throw invalid("transactions do not nest");
    if (!read_only) writers_.acquire(entered.watch);
    mode_ = read_only ? Mode::ReadOnly : Mode::Write;
    try {
        connection_.begin(read_only);
    } catch (...) {
        endTransaction();
        throw;
    }
}

void Session::commit(const gwp_call& call) {
    const Entered entered(*this, call);
    if (mode_ == Mode::Free) throw invalid("a commit without a transaction");
    try {
        inTransaction([this] { return connection_.commit(), GWP_OK; });
    } catch (...) {
        rollback();
        throw;
    }
    endTransaction();
}

void Session::rollback() noexcept {
    connection_.watch({});
    connection_.rollback();
    endTransaction();
}

void Session::endTransaction() noexcept {
    if (mode_ == Mode::Write) writers_.release();
    mode_ = Mode::Free;
    lost_.reset();
}

namespace {

// Hands the rows of a running statement to the host.
class Delivery {
public:
    Delivery(sqlite3* db, sqlite3_stmt* statement, const CheckedQuery& query)
        : db_(db), statement_(statement), query_(query), fields_(query.selected().size()) {
        for (std::size_t i = 0; i < fields_.size(); ++i) fields_[i].column = gwp::str(query.selected()[i]->name);
    }

    gwp_status all(const gwp_row_sink& sink) {
        for (std::uint64_t given = 0; next();) {
            const gwp_status wish = row(sink);
            if (wish < 0) return wish;
            if (++given < query_.limit() && wish != GWP_END) continue;
            const std::string end = cursor();
            if (next()) sink.cursor(sink.self, gwp::bytes(end));
            return GWP_OK;
        }
        return GWP_OK;
    }

private:
    bool next() {
        const int code = sqlite3_step(statement_);
        if (code != SQLITE_ROW && code != SQLITE_DONE) throw failure(db_, "find");
        return code == SQLITE_ROW;
    }
    gwp_status row(const gwp_row_sink& sink) {
        for (std::size_t i = 0; i < fields_.size(); ++i)
            fields_[i].value = read(statement_, static_cast<int>(i), *query_.selected()[i]);
        return sink.row(sink.self, fields_.data(), fields_.size());
    }
    [[nodiscard]] std::string cursor() const {
        std::vector<gwp_value> values;
        values.reserve(query_.order().size());
        for (std::size_t i = 0; i < query_.order().size(); ++i)
            values.push_back(read(statement_, static_cast<int>(fields_.size() + i), *query_.order()[i]));
        return encodeCursor(query_.scope(), values);
    }

    sqlite3* db_;
    sqlite3_stmt* statement_;
    const CheckedQuery& query_;
    std::vector<gwp_field> fields_;
};

gwp_status deliverCount(sqlite3* db, sqlite3_stmt* statement, const gwp_row_sink& sink) {
    if (sqlite3_step(statement) != SQLITE_ROW) throw failure(db, "count");
    const gwp_field field{GWP_STR("count"), integer(sqlite3_column_int64(statement, 0))};
    const gwp_status wish = sink.row(sink.self, &field, 1);
    return wish < 0 ? wish : GWP_OK;
}

}  // namespace

gwp_status Session::find(const gwp_call& call, const gwp_query& query, const gwp_row_sink& sink) {
    const Entered entered(*this, call);
    const CheckedQuery checked(*model_, query);
    return inTransaction([&] {
        sqlite3_stmt* statement = connection_.statement("f" + checked.shape(), [&] { return checked.findSql(); });
        const Running running(statement);
        for (std::size_t i = 0; i < checked.parameters().size(); ++i)
            bind(statement, static_cast<int>(i) + 1, checked.parameters()[i]);
        if (checked.countOnly()) return deliverCount(connection_.db(), statement, sink);
        return Delivery(connection_.db(), statement, checked).all(sink);
    });
}

}  // namespace sqlite_store
