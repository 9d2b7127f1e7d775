#include "http/head_parser.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "http/chars.h"
#include "http/target.h"

namespace gw::http {
namespace {

/// Longer than any method there is; RFC 9112 3 wants 501 for those.
constexpr std::size_t kMaxMethod = 32;
constexpr std::string_view kVersion = "HTTP/d.d";
/// 19 digits fit 64 bits; no body has more.
constexpr std::size_t kMaxLengthDigits = 19;

/// Fields that may stand once only. Two of them leave open which one counts, and for a credential whose request it is.
enum Single : std::uint8_t { Length, Coding, Host, Expect, Authorization, ContentType, ApiKey, AzureKey, Idempotency };
constexpr std::array<std::string_view, 9> kSingles = {"content-length", "transfer-encoding", "host",
                                                      "expect",         "authorization",     "content-type",
                                                      "x-api-key",      "api-key",           "idempotency-key"};

/// Calls `each` for the trimmed elements of a comma-separated list, as long as it says true.
template <class F>
void forEachElement(std::string_view list, F each) {
    for (bool more = true; more;) {
        const std::size_t comma = std::min(list.find(','), list.size());
        more = each(trimBlanks(list.substr(0, comma))) && comma < list.size();
        if (more) list.remove_prefix(comma + 1);
    }
}

bool isToken(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return is(c, CharClass::Token); });
}

}  // namespace

void HeadParser::reset() noexcept {
    size_ = 0;
    framing_ = {};
    at_ = At::Start;
    skipped_crlf_ = false;
    version_at_ = 0;
    seen_ = 0;
    authority_.clear();
    host_.clear();
}

const char* HeadParser::fail(const char* from, ErrorCode code, const char* reason) noexcept {
    at_ = At::Failed;
    code_ = code;
    reason_ = reason;
    return from;
}

Fed HeadParser::feed(std::string_view bytes, Request& request) {
    const std::size_t room = limits_.head - size_;
    const std::string_view seen = bytes.substr(0, room);
    const char* at = seen.data();
    const char* const end = at + seen.size();
    while (at != end && at_ < At::Done) at = step(at, end, request);
    const auto used = static_cast<std::size_t>(at - seen.data());
    size_ += used;
    if (at_ < At::Done && bytes.size() > room) refuse(ErrorCode::HeadTooLarge, "the request head is too large");
    if (at_ == At::Done) return {Feed::Done, used};
    return {at_ == At::Failed ? Feed::Failed : Feed::More, used};
}

const char* HeadParser::step(const char* from, const char* end, Request& request) {
    switch (at_) {
        case At::Start:
            if (*from == '\r' && !skipped_crlf_) {  // RFC 9112 2.2: one empty line before the request line is forgiven
                skipped_crlf_ = true;
                at_ = At::StartLf;
                return from + 1;
            }
            at_ = At::Method;
            return from;
        case At::StartLf: return expect(from, '\n', At::Start);
        case At::Method: return readMethod(from, end, request);
        case At::Target: return readTarget(from, end, request);
        case At::Version: return readVersion(from);
        case At::LineCr: return expect(from, '\r', At::LineLf);
        case At::LineLf: return expect(from, '\n', At::Field);
        case At::Field: return readField(from, request);
        case At::Name: return readName(from, end, request);
        case At::Blank:
            while (from != end && (*from == ' ' || *from == '\t')) ++from;
            if (from != end) at_ = At::Value;
            return from;
        case At::Value: return readValue(from, end, request);
        case At::ValueLf:
            from = expect(from, '\n', At::Field);
            if (at_ == At::Field) endField(request);
            return from;
        case At::EndLf:
            from = expect(from, '\n', At::Done);
            if (at_ == At::Done) endHead();
            return from;
        case At::Done:
        case At::Failed: break;
    }
    return end;
}

const char* HeadParser::expect(const char* from, char wanted, At next) {
    if (*from != wanted) return fail(from, ErrorCode::InvalidRequest, "a line does not end in CR LF");
    at_ = next;
    return from + 1;
}

const char* HeadParser::readMethod(const char* from, const char* end, Request& request) {
    const char* const stop = skip(from, end, CharClass::Token);
    request.method.append(from, stop);
    if (request.method.size() > kMaxMethod) return fail(stop, ErrorCode::NotImplemented, "the method is too long");
    if (stop == end) return stop;
    if (*stop != ' ' || request.method.empty()) return fail(stop, ErrorCode::InvalidRequest, "the method is malformed");
    at_ = At::Target;
    return stop + 1;
}

const char* HeadParser::readTarget(const char* from, const char* end, Request& request) {
    const char* const stop = skip(from, end, CharClass::TargetByte);
    request.target.append(from, stop);
    if (request.target.size() > limits_.target) {
        request.target.resize(limits_.target);
        return fail(stop, ErrorCode::UriTooLong, "the request target is too long");
    }
    if (stop == end) return stop;
    if (*stop != ' ') return fail(stop, ErrorCode::InvalidRequest, "the request target has a forbidden character");
    at_ = At::Version;
    endTarget(request);
    return stop + 1;
}

void HeadParser::endTarget(Request& request) {
    const std::string_view target = request.target;
    if (target == "*" && request.method == "OPTIONS") {
        request.path = target;
        return;
    }
    if (!target.starts_with('/')) return endAbsoluteTarget(request);
    const std::size_t mark = std::min(target.find('?'), target.size());
    request.path = target.substr(0, mark);
    if (mark < target.size()) request.query = target.substr(mark + 1);
    if (!isPlainPath(request.path)) refuse(ErrorCode::InvalidRequest, "the path is not in its normal form");
}

void HeadParser::endAbsoluteTarget(Request& request) {
    std::string_view target = request.target;
    const std::size_t scheme = target.find("://");
    const auto name = target.substr(0, scheme == std::string_view::npos ? 0 : scheme);
    if (!equalsIgnoreCase(name, "http") && !equalsIgnoreCase(name, "https"))
        return refuse(ErrorCode::InvalidRequest, "the request target is neither a path nor a URL");
    target.remove_prefix(scheme + 3);
    const std::size_t slash = std::min(target.find_first_of("/?"), target.size());
    authority_ = target.substr(0, slash);
    target.remove_prefix(slash);
    const std::size_t mark = std::min(target.find('?'), target.size());
    request.path = mark == 0 ? std::string_view("/") : target.substr(0, mark);
    if (mark < target.size()) request.query = target.substr(mark + 1);
    if (authority_.empty() || !isPlainPath(request.path))
        refuse(ErrorCode::InvalidRequest, "the request target is not a plain URL");
}

const char* HeadParser::readVersion(const char* from) {
    const char wanted = kVersion[version_at_];
    const bool digit = *from >= '0' && *from <= '9';
    if (wanted == 'd' ? !digit : *from != wanted)
        return fail(from, ErrorCode::InvalidRequest, "the HTTP version is malformed");
    constexpr std::uint8_t kMajor = 5, kMinor = 7;
    if ((version_at_ == kMajor && *from != '1') || (version_at_ == kMinor && *from > '1'))
        return fail(from, ErrorCode::HttpVersion, "this server speaks HTTP/1.0 and HTTP/1.1");
    if (version_at_ == kMinor) {
        framing_.http_1_0 = *from == '0';
        at_ = At::LineCr;
    }
    ++version_at_;
    return from + 1;
}

const char* HeadParser::readField(const char* from, Request& request) {
    if (*from == '\r') {
        at_ = At::EndLf;
        return from + 1;
    }
    if (!is(*from, CharClass::Token)) return fail(from, ErrorCode::InvalidRequest, "a header line is malformed");
    if (request.headers.size() == limits_.fields)
        return fail(from, ErrorCode::HeadTooLarge, "the request has too many header fields");
    if (request.headers.empty()) request.headers.reserve(16);  // more than most have
    request.headers.emplace_back();
    at_ = At::Name;
    return from;
}

const char* HeadParser::readName(const char* from, const char* end, Request& request) {
    const char* const stop = skip(from, end, CharClass::Token);
    std::string& name = request.headers.back().first;
    const std::size_t before = name.size();
    name.append(from, stop);
    if (name.size() > limits_.field_name) {
        name.resize(limits_.field_name);
        return fail(stop, ErrorCode::HeadTooLarge, "a header field's name is too long");
    }
    for (std::size_t i = before; i < name.size(); ++i)
        if (name[i] >= 'A' && name[i] <= 'Z') name[i] = static_cast<char>(name[i] | 0x20);
    if (stop == end) return stop;
    if (*stop != ':') return fail(stop, ErrorCode::InvalidRequest, "a header field's name is malformed");
    at_ = At::Blank;
    return stop + 1;
}

const char* HeadParser::readValue(const char* from, const char* end, Request& request) {
    const char* const stop = skip(from, end, CharClass::FieldByte);
    request.headers.back().second.append(from, stop);
    if (stop == end) return stop;
    if (*stop != '\r') return fail(stop, ErrorCode::InvalidRequest, "a header field has a forbidden character");
    at_ = At::ValueLf;
    return stop + 1;
}

void HeadParser::endField(Request& request) {
    auto& [name, value] = request.headers.back();
    while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.pop_back();
    if (name == "connection") return readConnection(value);
    const auto* const found = std::ranges::find(kSingles, std::string_view(name));
    if (found == kSingles.end()) return;
    const auto which = static_cast<Single>(found - kSingles.begin());
    const auto bit = static_cast<std::uint16_t>(1U << which);
    if ((seen_ & bit) != 0) return refuse(ErrorCode::InvalidRequest, "a header field stands twice");
    seen_ = static_cast<std::uint16_t>(seen_ | bit);
    switch (which) {
        case Length: return readLength(value);
        case Coding: return readCoding(value);
        case Expect: return readExpect(value);
        case Host: return readHost(value);
        default: return;
    }
}

void HeadParser::readLength(std::string_view value) {
    if (value.empty() || !std::ranges::all_of(value, [](char c) { return c >= '0' && c <= '9'; }))
        return refuse(ErrorCode::InvalidRequest, "Content-Length is not a number");
    if (value.size() > kMaxLengthDigits) return refuse(ErrorCode::PayloadTooLarge, "the request body is too large");
    std::uint64_t length = 0;
    for (const char c : value) length = length * 10 + static_cast<unsigned>(c - '0');
    framing_.length = length;
}

void HeadParser::readCoding(std::string_view value) {
    if (framing_.http_1_0) return refuse(ErrorCode::InvalidRequest, "HTTP/1.0 has no Transfer-Encoding");
    framing_.chunked = equalsIgnoreCase(value, "chunked");
    if (framing_.chunked) return;
    bool tokens = true;
    bool unknown = false;
    forEachElement(value, [&](std::string_view coding) {
        tokens = isToken(coding);
        unknown = unknown || (tokens && !equalsIgnoreCase(coding, "chunked"));
        return tokens;
    });
    if (tokens && unknown) return refuse(ErrorCode::NotImplemented, "the only transfer coding here is chunked");
    refuse(ErrorCode::InvalidRequest, "Transfer-Encoding is malformed");
}

void HeadParser::readConnection(std::string_view value) {
    forEachElement(value, [&](std::string_view option) {
        framing_.close = framing_.close || equalsIgnoreCase(option, "close");
        framing_.keep_alive = framing_.keep_alive || equalsIgnoreCase(option, "keep-alive");
        return true;
    });
}

void HeadParser::readExpect(std::string_view value) {
    if (framing_.http_1_0) return;  // RFC 9110 10.1.1: ignored
    if (!equalsIgnoreCase(value, "100-continue"))
        return refuse(ErrorCode::ExpectationFailed, "the only expectation here is 100-continue");
    framing_.expects_continue = true;
}

void HeadParser::readHost(std::string_view value) {
    if (!isHost(value)) return refuse(ErrorCode::InvalidRequest, "Host is malformed");
    if (!authority_.empty()) host_ = value;
}

void HeadParser::endHead() {
    const bool has_host = (seen_ & (1U << Host)) != 0;
    if (!has_host && !framing_.http_1_0) return refuse(ErrorCode::InvalidRequest, "Host is missing");
    if (framing_.chunked && framing_.length)
        return refuse(ErrorCode::InvalidRequest, "Transfer-Encoding and Content-Length exclude each other");
    if (!authority_.empty() && has_host && !equalsIgnoreCase(authority_, host_))
        refuse(ErrorCode::InvalidRequest, "the request target and Host name different servers");
}

}  // namespace gw::http
