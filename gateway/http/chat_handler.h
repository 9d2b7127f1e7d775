#pragma once
#include "chat/chat_service.h"
#include "http/handler.h"

namespace gw::http {

/// POST /v1/chat/completions and POST /v1/embeddings. [any]
class OpenAiHandler final : public Handler {
public:
    OpenAiHandler(chat::ChatService& chat, chat::Operation operation) : chat_(chat), operation_(operation) {}
    void admit(const Request& head) const override;
    [[nodiscard]] io::Task<void> handle(Request& request, Response& response) override;

private:
    chat::ChatService& chat_;
    const chat::Operation operation_;
};

/// POST /api/v1/chat and POST /api/v1/chat/stream. [any]
class NativeChatHandler final : public Handler {
public:
    NativeChatHandler(chat::ChatService& chat, bool always_streams) : chat_(chat), always_streams_(always_streams) {}
    void admit(const Request& head) const override;
    [[nodiscard]] io::Task<void> handle(Request& request, Response& response) override;

private:
    chat::ChatService& chat_;
    const bool always_streams_;
};

}  // namespace gw::http
