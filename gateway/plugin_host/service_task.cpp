#include <memory>
#include <utility>

#include "plugin_host/entry_mark.h"
#include "plugin_host/host_services.h"

namespace gw::plugin_host {

namespace {

using RunFunction = void (*)(void*) GWP_NX;
using DoneFunction = void (*)(void*, gwp_status) GWP_NX;

/// One submitted task. Whoever drops the last reference before done() ran, such as a pool that stops, ends it as gone.
/// [any]
class PluginTask : public std::enable_shared_from_this<PluginTask> {
public:
    struct Plan {
        gwp_token owner;
        RunFunction run;
        DoneFunction done;
        void* user;
    };
    PluginTask(InstanceContext& context, std::shared_ptr<const void> instance, Plan plan)
        : instance_(std::move(instance)), context_(context), plan_(plan) {}
    PluginTask(const PluginTask&) = delete;
    PluginTask& operator=(const PluginTask&) = delete;
    ~PluginTask() { finish(GWP_E_GONE); }

    void execute() {
        {
            const EntryMark mark(context_, "task.run", EntryMark::Pace::Blocking);
            plan_.run(plan_.user);
        }
        if (plan_.owner == 0) return finish(GWP_OK);
        const auto complete = [self = shared_from_this()](gwp_status status, void* /*object*/) {
            self->finish(status);
        };
        if (!context_.host.tokens.post(plan_.owner, complete)) finish(GWP_E_GONE);
    }
    void abandon() noexcept { finished_ = true; }

private:
    void finish(gwp_status status) {
        if (std::exchange(finished_, true)) return;
        const EntryMark mark(context_, "task.done",
                             plan_.owner == 0 ? EntryMark::Pace::Blocking : EntryMark::Pace::Call);
        plan_.done(plan_.user, status);
    }

    std::shared_ptr<const void> instance_;
    InstanceContext& context_;
    Plan plan_;
    bool finished_ = false;
};

gwp_status submit(gwp_hctx* hc, gwp_token owner, RunFunction run, DoneFunction done, void* user) noexcept {
    if (run == nullptr || done == nullptr) return GWP_E_INVALID;
    InstanceContext& context = InstanceContext::of(hc);
    if (owner != 0 && !context.host.tokens.alive(owner)) return GWP_E_GONE;
    auto instance = context.self.lock();
    if (instance == nullptr) return GWP_E_GONE;
    try {
        auto task =
            std::make_shared<PluginTask>(context, std::move(instance), PluginTask::Plan{owner, run, done, user});
        if (context.host.workers.submit([task] { task->execute(); })) return GWP_OK;
        task->abandon();
        return GWP_E_BUSY;
    } catch (...) {
        return GWP_E_BUSY;
    }
}

}  // namespace

const gwp_svc_task& taskService() noexcept {
    static constexpr gwp_svc_task kTable = {sizeof(gwp_svc_task), 0, submit};
    return kTable;
}

}  // namespace gw::plugin_host
