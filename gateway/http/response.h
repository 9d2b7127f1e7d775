#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "http/answer_tap.h"
#include "http/request.h"
#include "http/write_all.h"
#include "io/byte_stream.h"
#include "io/task.h"
#include "io/timer.h"

namespace gw::http {

/// Which shape an error body has: /v1 answers as OpenAI does, everything else as {"error":{"code",…}}.
enum class Door : std::uint8_t { Native, OpenAi };

/// What the connection says about the form of its answers. Borrowed pointers outlive the response.
struct Wire {
    bool http_1_0 = false;
    std::string_view server;  // empty: no Server header
    std::chrono::milliseconds write_stall{30'000};
    const std::atomic<bool>* draining = nullptr;  // true: no answer promises another one
    io::Cancellation* connection = nullptr;       // ends even the writes that a leaving client does not
};

/// The answer to one request: a status with a body, or a stream; never both, never twice. [loop]
class Response {
public:
    /// A stream's burst may grow to this before it must be flushed; with it, what is buffered for one client is
    /// bounded.
    static constexpr std::size_t kHighWater = 256UL * 1024;

    Response(io::ByteStream& stream, Request& request, bool keep_alive, const Wire& wire = {});
    Response(const Response&) = delete;
    Response& operator=(const Response&) = delete;

    void setDoor(Door door) noexcept { door_ = door; }
    [[nodiscard]] Door door() const noexcept { return door_; }
    /// Adds a header line. One that could split the answer (a byte that is no field text) is dropped, and the log says
    /// so.
    void setHeader(std::string_view name, std::string_view value);

    /// Shows the answer to `tap` as well; null ends that. Borrowed.
    void showTo(AnswerTap* tap) noexcept { tap_ = tap; }

    /// Head and body in one write. HEAD requests get the head alone.
    [[nodiscard]] io::Task<void> send(int status, std::string_view content_type, std::string_view body);
    [[nodiscard]] io::Task<void> sendJson(int status, std::string_view json) {
        return send(status, "application/json", json);
    }
    [[nodiscard]] io::Task<void> sendEmpty(int status) { return send(status, {}, {}); }  // 204 and the like

    // --- a stream (text/event-stream, chunked)
    // --------------------------------------------------------------------------
    /// Adds to the pending burst; the head goes out with the first flush.
    void append(std::string_view bytes) { pending_ += bytes; }
    [[nodiscard]] std::string& pending() noexcept { return pending_; }
    /// The burst has reached kHighWater: flush before the next append.
    [[nodiscard]] bool full() const noexcept { return pending_.size() >= kHighWater; }
    /// Sends the burst and waits until the socket has taken it: a slow client holds its reader here, and with it the
    /// upstream. False: the client is gone or too slow (nothing taken for write_stall), or the request was cancelled.
    [[nodiscard]] io::Task<bool> flush();
    /// After `silence` without a write, a ": keep-alive" comment is sent (which begins the stream if need be). Bursts
    /// end between two events, so that a comment may follow.
    void keepAliveEvery(std::chrono::milliseconds silence);
    /// Ends the stream well (last chunk).
    [[nodiscard]] io::Task<void> finishStream();
    [[nodiscard]] bool streamBegun() const noexcept { return stream_begun_; }

    /// Turns an error into this door's wire form: a status while nothing was sent; in a stream, an error event and the
    /// end.
    [[nodiscard]] io::Task<void> fail(const Error& error);

    [[nodiscard]] bool answered() const noexcept { return answered_; }
    /// A write has failed: nothing more will reach the client.
    [[nodiscard]] bool lost() const noexcept { return lost_; }
    /// Whether the connection may carry another request.
    [[nodiscard]] bool keepsAlive() const noexcept { return keep_alive_; }
    /// Makes this the connection's last answer.
    void closeAfter() noexcept { keep_alive_ = false; }

private:
    void lose() noexcept;
    void encodeHead(std::string& out, int status, std::string_view content_type, std::optional<std::size_t> length);
    void encodeBurst(std::string& out, std::string_view burst, bool last);
    void addErrorHeaders(const Error& error);
    [[nodiscard]] io::Task<bool> push(bool last, io::Cancellation& cancellation);
    [[nodiscard]] io::Task<bool> deliverRest(io::Cancellation& cancellation);
    [[nodiscard]] bool deliver(std::string_view bytes);
    [[nodiscard]] bool isHead() const noexcept { return request_.method == "HEAD"; }
    [[nodiscard]] io::Cancellation& connection() noexcept {
        return wire_.connection != nullptr ? *wire_.connection : own_;
    }
    void breakSilence();
    void markFirstByte();

    io::ByteStream& stream_;
    Request& request_;
    Wire wire_;
    AnswerTap* tap_ = nullptr;
    Door door_ = Door::Native;
    bool keep_alive_;
    bool stream_begun_ = false;
    bool answered_ = false;
    bool lost_ = false;
    bool writing_ = false;  // a coroutine waits in deliverRest()
    std::string headers_;   // lines beyond those that every answer has
    std::string pending_;
    std::string unsent_;  // encoded, and not yet taken by the socket
    std::chrono::milliseconds silence_{0};
    std::optional<io::Timer> silence_timer_;
    io::Cancellation own_;  // never cancelled: for a response outside a connection
};

}  // namespace gw::http
