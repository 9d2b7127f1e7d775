#include "http/body_reader.h"

#include <algorithm>
#include <limits>

#include "http/chars.h"

namespace gw::http {
namespace {

/// Leading zeros count, so that a size line cannot go on for ever; 15 digits cannot overflow.
constexpr std::uint8_t kMaxSizeDigits = 15;
/// Extensions and trailers together: nobody needs them, and they must not be a way around the body's limit.
constexpr std::size_t kMaxExtra = 8192;
/// What simdjson reads beyond the end.
constexpr std::size_t kPadding = 64;
/// A sized body gets its memory at once up to here; beyond, as its bytes really come.
constexpr std::uint64_t kTrustedLength = 1024UL * 1024;

}  // namespace

void BodyReader::begin(const Framing& framing, std::size_t limit) {
    left_ = framing.length.value_or(0);
    room_ = limit;
    extra_ = 0;
    digits_ = 0;
    at_ = framing.chunked ? At::Size : At::Sized;
    if (framing.chunked) return;
    if (left_ > limit) fail(nullptr, ErrorCode::PayloadTooLarge, "the request body is too large");
    if (left_ == 0) at_ = At::Done;
}

std::uint64_t BodyReader::remaining() const noexcept {
    if (at_ == At::Done) return 0;
    return at_ == At::Sized ? left_ : std::numeric_limits<std::uint64_t>::max();
}

const char* BodyReader::fail(const char* from, ErrorCode code, const char* reason) noexcept {
    at_ = At::Failed;
    code_ = code;
    reason_ = reason;
    return from;
}

Fed BodyReader::feed(std::string_view bytes, std::string* body) {
    const char* at = bytes.data();
    const char* const end = at + bytes.size();
    while (at != end && at_ < At::Done) at = step(at, end, body);
    const auto used = static_cast<std::size_t>(at - bytes.data());
    if (at_ == At::Done) return {Feed::Done, used};
    return {at_ == At::Failed ? Feed::Failed : Feed::More, used};
}

const char* BodyReader::step(const char* from, const char* end, std::string* body) {
    switch (at_) {
        case At::Sized:
        case At::Data: return readData(from, end, body);
        case At::Size: return readSize(from);
        case At::Extension: return passOver(from, end, At::SizeLf);
        case At::SizeLf:
            from = expect(from, '\n', At::Data);
            if (at_ == At::Data) endSize();
            return from;
        case At::DataCr: return expect(from, '\r', At::DataLf);
        case At::DataLf: return expect(from, '\n', At::Size);
        case At::Trailer: return readTrailer(from);
        case At::TrailerName: {
            const char* const stop = skip(from, end, CharClass::Token);
            extra_ += static_cast<std::size_t>(stop - from);
            if (extra_ > kMaxExtra) return fail(stop, ErrorCode::HeadTooLarge, "the trailers are too large");
            return stop == end ? stop : expect(stop, ':', At::TrailerValue);
        }
        case At::TrailerValue: return passOver(from, end, At::TrailerLf);
        case At::TrailerLf: return expect(from, '\n', At::Trailer);
        case At::EndLf: return expect(from, '\n', At::Done);
        case At::Done:
        case At::Failed: break;
    }
    return end;
}

const char* BodyReader::expect(const char* from, char wanted, At next) {
    if (*from != wanted) return fail(from, ErrorCode::InvalidRequest, "the chunked body is malformed");
    at_ = next;
    return from + 1;
}

void BodyReader::makeRoom(std::string& body, std::size_t more) const {
    if (body.capacity() >= body.size() + more + kPadding) return;
    const std::size_t announced = at_ == At::Sized ? static_cast<std::size_t>(std::min(left_, kTrustedLength)) : 0;
    body.reserve(std::max({body.size() + more, body.size() * 2, announced}) + kPadding);
}

const char* BodyReader::readData(const char* from, const char* end, std::string* body) {
    const auto take = static_cast<std::size_t>(std::min<std::uint64_t>(left_, static_cast<std::uint64_t>(end - from)));
    if (body != nullptr) {
        makeRoom(*body, take);
        body->append(from, take);
    }
    left_ -= take;
    if (left_ == 0) at_ = at_ == At::Sized ? At::Done : At::DataCr;
    return from + take;
}

const char* BodyReader::readSize(const char* from) {
    if (is(*from, CharClass::HexDigit)) {
        if (++digits_ > kMaxSizeDigits) return fail(from, ErrorCode::InvalidRequest, "a chunk's size is too long");
        left_ = left_ * 16 + hexValue(*from);
        return from + 1;
    }
    if (digits_ > 0 && (*from == '\r' || *from == ';')) {
        at_ = *from == ';' ? At::Extension : At::SizeLf;
        return from + 1;
    }
    return fail(from, ErrorCode::InvalidRequest, "a chunk's size is malformed");
}

void BodyReader::endSize() {
    digits_ = 0;
    if (left_ == 0) {
        at_ = At::Trailer;
        return;
    }
    if (left_ > room_) {
        fail(nullptr, ErrorCode::PayloadTooLarge, "the request body is too large");
        return;
    }
    room_ -= left_;
}

const char* BodyReader::passOver(const char* from, const char* end, At next) {
    const char* const stop = skip(from, end, CharClass::FieldByte);
    extra_ += static_cast<std::size_t>(stop - from);
    if (extra_ > kMaxExtra) return fail(stop, ErrorCode::HeadTooLarge, "chunk extensions and trailers are too large");
    return stop == end ? stop : expect(stop, '\r', next);
}

const char* BodyReader::readTrailer(const char* from) {
    if (*from == '\r') {
        at_ = At::EndLf;
        return from + 1;
    }
    if (!is(*from, CharClass::Token)) return fail(from, ErrorCode::InvalidRequest, "a trailer is malformed");
    at_ = At::TrailerName;
    return from;
}

}  // namespace gw::http
