#pragma once
#include <memory>
#include <string>

#include "config/schema_loader.h"
#include "plugin_host/record_store.h"
#include "tests/support/storage_plugin.h"
#include "tests/support/temporary_directory.h"

namespace gw::test {

/// The shipped declarations on a real file through the real plugin.
class SqliteDatabase {
public:
    explicit SqliteDatabase(std::size_t sessions = 4) : sessions_(sessions) { open(); }
    [[nodiscard]] plugin_host::RecordStore& store() noexcept { return *store_; }
    [[nodiscard]] std::string file() const { return directory_.file("gateway.db"); }
    [[nodiscard]] std::string config() const { return R"({"path":")" + file() + R"("})"; }
    [[nodiscard]] const TemporaryDirectory& directory() const noexcept { return directory_; }
    [[nodiscard]] StoragePlugin& plugin() noexcept { return plugin_; }
    void close() {
        store_.reset();
        plugin_.end(std::move(instance_));
    }
    void open() {
        StoragePlugin::Made made = plugin_.make(config());
        if (!made.instance) throw std::runtime_error(made.reason);
        instance_ = std::move(made.instance);
        store_ = std::make_unique<plugin_host::RecordStore>(instance_, plugin_.workers(), sessions_);
        store_->open(config::loadSchema(std::string(GATEWAY_SOURCE_DIR) + "/migrations"));
    }
    template <class F>
    auto with(F&& work) {
        return store_->withSession(work);
    }

private:
    const std::size_t sessions_;
    TemporaryDirectory directory_;
    StoragePlugin plugin_;
    std::shared_ptr<plugin_host::PluginInstance> instance_;
    std::unique_ptr<plugin_host::RecordStore> store_;
};

}  // namespace gw::test
