#pragma once
#include <string>
#include <string_view>

#include "chat_reader.h"
#include "failure.h"

namespace openai {

/// One operation: the request it writes, the answer it reads. What fails leaves as gwp::error. [call]
class Exchange : public gwp::exchange {
public:
    Exchange(const Instance& instance, const gwp_op& op);

    void build(std::uint32_t step, gwp::request_writer out);
    std::uint32_t on_head(const gwp_http_head& head);
    gwp_status on_data(const gwp_frame& frame, gwp::events events);
    gwp_status on_end(gwp_status why, gwp::events events, std::uint64_t& wait_ms);

private:
    [[nodiscard]] std::string_view path() const;
    void writeRequest(gwp::request_writer out) const;
    [[nodiscard]] std::uint32_t framingOf(std::string_view content_type) const;
    gwp_status onEvent(std::string_view name, std::string_view data, Emitter& out);
    gwp_status onLine(std::string_view line, Emitter& out);
    gwp_status onBody(std::string_view body, Emitter& out);
    gwp_status onEventBody(std::string_view body, Emitter& out);
    gwp_status onDone(Emitter& out);
    gwp_status onChunk(std::string_view name, Json root, Emitter& out);
    gwp_status onAnswer(Json root, Emitter& out);
    gwp_status onList(Json root, Emitter& out);
    [[noreturn]] void onErrorBody(std::string_view body);
    void throwIfChatFailed() const;
    void hold(std::string_view line);

    const Instance& instance_;
    const gwp_op& op_;
    ChatReader chat_;
    gwp_arena* scratch_;  // of the call in progress
    std::uint32_t framing_ = GWP_FRAME_WHOLE;
    std::uint32_t status_ = 0;
    std::int64_t retry_hint_ms_ = 0;
    bool done_ = false;         // the upstream declared the end
    bool answered_ = false;     // a whole answer has been read
    bool error_event_ = false;  // lines only: "event: error" came
    std::string held_;          // lines only: what is no server-sent event, so perhaps a body
};

}  // namespace openai
