#pragma once
#include <memory>

#include "io/cancellation.h"
#include "io/signal.h"
#include "io/task.h"
#include "plugin_host/host_services.h"

namespace gw::plugin_host {

/// One request of gwp.http/1 on the loop of its owner. on_done is called exactly once; whoever drops the last reference
/// before, such as a loop that ends, ends it as gone. [loop] unless marked.
class HttpCall : public std::enable_shared_from_this<HttpCall> {
public:
    struct Plan {
        gwp_token owner;
        Endpoint endpoint;
        OutboundRequest request;
        gwp_http_handler handler;
        void* user;
    };
    HttpCall(InstanceContext& context, std::shared_ptr<const void> instance, Plan plan);
    HttpCall(const HttpCall&) = delete;
    HttpCall& operator=(const HttpCall&) = delete;
    ~HttpCall() { finish(GWP_E_GONE); }

    /// Takes the request to the owner's loop; false: the owner is gone, nothing will be called. [any]
    [[nodiscard]] bool launch();
    void cancel();           // [any]
    void pause(bool pause);  // [any]

private:
    /// What stands on one loop: made and destroyed there.
    struct OnLoop {
        explicit OnLoop(io::EventLoop& loop) : resumed(loop) {}
        io::Cancellation cancellation;
        io::Signal resumed;
        bool paused = false;
    };

    void begin();
    static io::Task<void> run(std::shared_ptr<HttpCall> call, std::shared_ptr<OnLoop> place, Outbound& outbound);
    static io::Task<void> body(HttpCall& call, OnLoop& place, Transfer& transfer);
    void showHead(const ResponseHead& head);
    void showBody(std::string_view bytes);
    void finish(gwp_status status);

    std::shared_ptr<const void> instance_;
    InstanceContext& context_;
    Plan plan_;
    std::weak_ptr<OnLoop> place_;
    gwp_status outcome_ = GWP_OK;
    bool owner_gone_ = false;
    bool finished_ = false;
};

}  // namespace gw::plugin_host
