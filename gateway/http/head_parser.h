#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/error.h"
#include "http/options.h"
#include "http/request.h"

namespace gw::http {

/// What a parser did with the bytes it was shown.
enum class Feed : std::uint8_t { More, Done, Failed };
struct Fed {
    Feed state;
    std::size_t used;  // the rest belongs to what follows
};

/// What a head says about its message's framing and its connection.
struct Framing {
    bool http_1_0 = false;
    bool chunked = false;
    bool expects_continue = false;
    bool close = false;       // Connection: close
    bool keep_alive = false;  // Connection: keep-alive, which only HTTP/1.0 needs
    std::optional<std::uint64_t> length;

    [[nodiscard]] bool keepsAlive() const noexcept { return !close && (!http_1_0 || keep_alive); }
};

/// The strict reading of a request head (RFC 9112): what two readers could understand differently is refused. One byte
/// after the other, so that the verdict does not depend on how the bytes were split. [loop]
///
///   CRLF? method SP target SP "HTTP/1." ("0" | "1") CRLF  *( name ":" OWS value OWS CRLF )  CRLF
class HeadParser {
public:
    explicit HeadParser(const RequestLimits& limits) noexcept : limits_(limits) {}

    /// Ready for the next head.
    void reset() noexcept;
    /// Fills method, target, path, query and headers. Failed: see error(); the connection cannot go on.
    [[nodiscard]] Fed feed(std::string_view bytes, Request& request);
    [[nodiscard]] bool begun() const noexcept { return size_ > 0; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] const Framing& framing() const noexcept { return framing_; }
    [[nodiscard]] Error error() const { return Error(code_, reason_); }

private:
    enum class At : std::uint8_t {
        Start,
        StartLf,
        Method,
        Target,
        Version,
        LineCr,
        LineLf,
        Field,
        Name,
        Blank,
        Value,
        ValueLf,
        EndLf,
        Done,
        Failed,
    };
    const char* step(const char* from, const char* end, Request& request);
    const char* readMethod(const char* from, const char* end, Request& request);
    const char* readTarget(const char* from, const char* end, Request& request);
    const char* readVersion(const char* from);
    const char* readField(const char* from, Request& request);
    const char* readName(const char* from, const char* end, Request& request);
    const char* readValue(const char* from, const char* end, Request& request);
    const char* expect(const char* from, char wanted, At next);
    const char* fail(const char* from, ErrorCode code, const char* reason) noexcept;

    void endTarget(Request& request);
    void endAbsoluteTarget(Request& request);
    void endField(Request& request);
    void endHead();
    void readLength(std::string_view value);
    void readCoding(std::string_view value);
    void readConnection(std::string_view value);
    void readExpect(std::string_view value);
    void readHost(std::string_view value);
    void refuse(ErrorCode code, const char* reason) noexcept { fail(nullptr, code, reason); }

    const RequestLimits& limits_;
    std::size_t size_ = 0;
    Framing framing_;
    const char* reason_ = "";
    ErrorCode code_ = ErrorCode::InvalidRequest;
    At at_ = At::Start;
    bool skipped_crlf_ = false;
    std::uint8_t version_at_ = 0;
    std::uint16_t seen_ = 0;  // bit per field that may stand once
    std::string authority_;   // of an absolute-form target
    std::string host_;        // only kept to compare the two
};

}  // namespace gw::http
