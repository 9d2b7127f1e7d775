#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "auth/principal.h"
#include "chat/incoming.h"
#include "plugin_host/middleware_chain.h"
#include "protocol/owned_event.h"

namespace gw::chat {

/// One chat as middleware sees it: the facts, the canonical request, the answer. Lives in the frame of
/// ChatService::run. [loop]
class Subject final : public plugin_host::TransactionSubject {
public:
    Subject(Incoming& incoming, std::string request) : incoming_(incoming), request_(std::move(request)) {}

    [[nodiscard]] std::string_view fact(std::string_view name) const override;
    [[nodiscard]] std::string_view header(std::string_view lower_name) const override {
        return incoming_.header(lower_name);
    }
    void setResponseHeader(std::string_view name, std::string_view value) override {
        incoming_.set_response_header(name, value);
    }
    [[nodiscard]] std::string_view requestJson() const override { return request_; }
    void replaceRequest(std::string json) override { request_ = std::move(json); }
    [[nodiscard]] std::string_view responseJson() const override { return response_; }
    void replaceResponse(std::string json) override {
        response_ = std::move(json);
        response_replaced_ = true;
    }
    bool setPrincipal(std::string_view id, std::string_view claims_json) override;
    [[nodiscard]] protocol::EventSink& respond() override { return responses_; }

    /// The principal is told by the core once it is known, unless a middleware set one.
    void setPrincipal(std::shared_ptr<const auth::Principal> principal) { principal_ = std::move(principal); }
    [[nodiscard]] const auth::Principal* principal() const noexcept { return principal_.get(); }
    /// Once it is parsed: "model.alias" and "stream".
    void setRequest(const protocol::ChatRequest& request) {
        model_ = request.model;
        streams_ = request.stream;
    }
    [[nodiscard]] std::string takeRequest() { return std::move(request_); }
    void setResponse(std::string json) { response_ = std::move(json); }
    [[nodiscard]] bool responseReplaced() const noexcept { return response_replaced_; }
    /// The events of a middleware that answered itself.
    [[nodiscard]] std::vector<protocol::OwnedEvent> takeResponse() { return std::move(responses_.events); }

private:
    struct Responses final : protocol::EventSink {
        void onEvent(const protocol::ChatEvent& event) override { events.emplace_back(event); }
        std::vector<protocol::OwnedEvent> events;
    };

    Incoming& incoming_;
    std::string request_, response_;
    std::string model_;
    bool streams_ = false;
    std::shared_ptr<const auth::Principal> principal_;
    Responses responses_;
    bool response_replaced_ = false;
};

}  // namespace gw::chat
