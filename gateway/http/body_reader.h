#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "http/head_parser.h"

namespace gw::http {

/// A request body in either framing, strictly read; trailers are checked, bounded and dropped. [loop]
///
///   sized:    length bytes
///   chunked:  *( 1*HEX [ ";" extension ] CRLF data CRLF )  1*"0" [ ";" extension ] CRLF  *( trailer CRLF )  CRLF
class BodyReader {
public:
    /// The body that the head announced; one beyond `limit` fails: a sized one at once, a chunked one at the size line
    /// that goes over.
    void begin(const Framing& framing, std::size_t limit);
    [[nodiscard]] bool done() const noexcept { return at_ == At::Done; }
    [[nodiscard]] bool failed() const noexcept { return at_ == At::Failed; }
    [[nodiscard]] Error error() const { return Error(code_, reason_); }

    /// Appends decoded bytes to `body`; null drops them.
    [[nodiscard]] Fed feed(std::string_view bytes, std::string* body);
    /// What is still to come of a sized body; of a chunked one nobody knows: the largest value.
    [[nodiscard]] std::uint64_t remaining() const noexcept;

private:
    enum class At : std::uint8_t {
        Sized,
        Size,
        Extension,
        SizeLf,
        Data,
        DataCr,
        DataLf,
        Trailer,
        TrailerName,
        TrailerValue,
        TrailerLf,
        EndLf,
        Done,
        Failed,
    };
    const char* step(const char* from, const char* end, std::string* body);
    const char* readData(const char* from, const char* end, std::string* body);
    const char* readSize(const char* from);
    const char* readTrailer(const char* from);
    const char* expect(const char* from, char wanted, At next);
    const char* passOver(const char* from, const char* end, At next);
    const char* fail(const char* from, ErrorCode code, const char* reason) noexcept;
    void makeRoom(std::string& body, std::size_t more) const;
    void endSize();

    std::uint64_t left_ = 0;  // of the body, or of the chunk
    std::uint64_t room_ = 0;  // decoded bytes that may still come
    std::size_t extra_ = 0;   // bytes of extensions and trailers so far
    const char* reason_ = "";
    ErrorCode code_ = ErrorCode::InvalidRequest;
    At at_ = At::Done;
    std::uint8_t digits_ = 0;
};

}  // namespace gw::http
