#include "store.h"

namespace sqlite_store {

void Store::start() {
    createFile(options_.path);
    lock_.acquire(options_.path);
    try {
        auto connection = std::make_unique<Connection>(options_);
        examine(*connection);
        startCopies();
        keeper_ = std::move(connection);
    } catch (...) {
        lock_.release();  // start() is tried again
        throw;
    }
}

void Store::stop() noexcept {
    stopping_ = true;
    if (copies_ != 0)
        if (const auto* timer = gwp::service<gwp_svc_timer>(hc, GWP_SVC_TIMER)) timer->cancel(hc, copies_);
    copies_ = 0;
    keeper_.reset();
    lock_.release();
}

void Store::examine(const Connection& connection) const {
    if (sqlite3_db_readonly(connection.db(), "main") != 0)
        throw gwp::error(GWP_E_IO, "the database file may not be written", "storage_read_only");
    if (options_.integrity_check == "off") return;
    const char* check = options_.integrity_check == "full" ? "PRAGMA integrity_check(1)" : "PRAGMA quick_check(1)";
    if (const std::string found = queryText(connection.db(), check); found != "ok")
        throw gwp::error(GWP_E_IO, "the database is damaged, restore a copy: " + found, "storage_corrupt");
}

void Store::startCopies() {
    if (options_.backup_path.empty()) return;
    const auto* timer = gwp::service<gwp_svc_timer>(hc, GWP_SVC_TIMER);
    if (!timer) throw gwp::error(GWP_E_UNSUPPORTED, "backup_path needs the host's gwp.timer/1");
    const std::uint64_t period = static_cast<std::uint64_t>(options_.backup_interval_s) * 1000;
    gwp::check(timer->start(hc, period, period, 1, &Store::copyNow, nullptr, &copies_));
}

void Store::copyNow(gwp_instance* self, void*) noexcept {
    Store& store = me(self);
    const auto say = [&store](std::uint32_t level, std::string_view text, std::string_view reason) {
        const gwp_kv field{GWP_STR("reason"), gwp::str(reason)};
        if (const auto* log = gwp::service<gwp_svc_log>(store.hc, GWP_SVC_LOG))
            log->write(store.hc, level, gwp::str(text), &field, reason.empty() ? 0 : 1);
    };
    try {
        if (copyDatabase(store.options_.path, store.options_.backup_path, store.stopping_))
            say(GWP_LOG_INFO, "the database was copied", {});
    } catch (const std::exception& error) {
        say(GWP_LOG_ERROR, "the database could not be copied", error.what());
    }
}

std::unique_ptr<Session> Store::open() const {
    if (!model_) throw invalid("open before set_schema");
    return std::make_unique<Session>(options_, writers_, model_);
}

}  // namespace sqlite_store
