#pragma once
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "http/request.h"
#include "io/byte_stream.h"
#include "io/task.h"
#include "io/timer.h"

namespace gw::http {

/// Which shape an error body has: /v1 answers as OpenAI does, everything else as {"error":{"code",…}}.
enum class Door : std::uint8_t { Native, OpenAi };

/// The answer to one request: a status with a body, or a stream; never both, never twice. Headers with CR, LF or NUL are
/// refused (assert in debug, dropped in release). [loop]
class Response {
public:
    Response(io::ByteStream& stream, Request& request, bool keep_alive);
    Response(const Response&) = delete;
    Response& operator=(const Response&) = delete;

    void setDoor(Door door) noexcept { door_ = door; }
    void setHeader(std::string_view name, std::string_view value);

    /// Head and body in one write. HEAD requests get the head alone.
    [[nodiscard]] io::Task<void> send(int status, std::string_view content_type, std::string_view body);
    [[nodiscard]] io::Task<void> sendJson(int status, std::string_view json);
    [[nodiscard]] io::Task<void> sendEmpty(int status);  // 204 and the like

    // --- a stream (text/event-stream, chunked) --------------------------------------------------------------------------
    /// Adds to the pending burst; the head goes out with the first flush.
    void append(std::string_view bytes);
    [[nodiscard]] std::string& pending() noexcept { return pending_; }
    /// Sends the burst and waits until the socket has taken it: a slow client holds its reader here, and with it the
    /// upstream. False: the client is gone or too slow (nothing taken for write_timeout).
    [[nodiscard]] io::Task<bool> flush();
    /// After `silence` without a write, a ": keep-alive" comment is sent (which begins the stream if need be).
    void keepAliveEvery(std::chrono::milliseconds silence);
    /// Ends the stream well (last chunk).
    [[nodiscard]] io::Task<void> finishStream();
    [[nodiscard]] bool streamBegun() const noexcept { return stream_begun_; }

    /// Turns an error into this door's wire form: a status while nothing was sent; in a stream, an error event and the end.
    [[nodiscard]] io::Task<void> fail(const Error& error);

    [[nodiscard]] bool answered() const noexcept { return answered_; }
    /// Whether the connection may carry another request.
    [[nodiscard]] bool keepsAlive() const noexcept { return keep_alive_; }

private:
    // The owner of this file completes the members.
    io::ByteStream& stream_;
    Request& request_;
    Door door_ = Door::Native;
    std::string pending_;
    bool keep_alive_;
    bool stream_begun_ = false;
    bool answered_ = false;
};

}  // namespace gw::http
