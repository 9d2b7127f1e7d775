#include "http/health_handler.h"

#include "protocol/json_writer.h"

namespace gw::http {
namespace {

const char* stateName(admin::HealthState state) {
    switch (state) {
        case admin::HealthState::Ok: return "ok";
        case admin::HealthState::Degraded: return "degraded";
        case admin::HealthState::Down: return "down";
    }
    return "down";
}

std::string encodeHealth(const admin::HealthReport& report) {
    protocol::JsonWriter json;
    json.beginObject();
    json.field("status", report.draining                          ? "draining"
                         : report.state == admin::HealthState::Ok ? "ready"
                                                                  : stateName(report.state));
    json.key("checks").beginArray();
    for (const auto& check : report.checks)
        json.beginObject()
            .field("name", check.name)
            .field("state", stateName(check.state))
            .field("detail", check.detail)
            .endObject();
    json.endArray().endObject();
    return json.take();
}

}  // namespace

io::Task<void> LiveHandler::handle(Request& /*request*/, Response& response) {
    co_await response.sendJson(200, R"({"status":"ok"})");
}

io::Task<void> ReadyHandler::handle(Request& /*request*/, Response& response) {
    const auto report = health_.report();
    const auto body = encodeHealth(report);
    co_await response.sendJson(report.state == admin::HealthState::Down ? 503 : 200, body);
}

}  // namespace gw::http
