#include "http/access_log.h"

#include <array>
#include <charconv>

#include "base/text.h"
#include "observability/log.h"

namespace gw::http {
namespace {

class Line {
public:
    explicit Line(std::string& out) : out_(out) { out_.reserve(448); }  // a line is some 350 bytes long

    void text(std::string_view key, std::string_view value) {
        begin(key);
        appendJsonString(out_, value);
    }
    void optionalText(std::string_view key, std::string_view value) {
        if (!value.empty()) text(key, value);
    }
    template <class T>
    void number(std::string_view key, T value) {
        begin(key);
        std::array<char, 24> digits{};
        out_.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr);
    }
    /// Milliseconds with three decimals: a cached or local answer takes less than one.
    void millis(std::string_view key, MonoTime from, MonoTime to) {
        if (to < from || from == MonoTime{}) return;
        const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(to - from).count();
        number(key, micros / 1000);
        const auto rest = static_cast<int>(micros % 1000);
        out_ += {'.', static_cast<char>('0' + rest / 100), static_cast<char>('0' + rest / 10 % 10),
                 static_cast<char>('0' + rest % 10)};
    }

private:
    void begin(std::string_view key) {
        out_ += out_.empty() ? "{\"" : ",\"";
        out_.append(key).append("\":");
    }
    std::string& out_;
};

}  // namespace

std::string encodeAccess(const Request& request, WallTime now) {
    const AccessRecord& access = request.access;
    std::string out;
    Line line(out);
    line.text("ts", rfc3339(now));
    line.text("log", "access");
    line.text("id", request.id.str());
    line.optionalText("key", access.key_prefix);
    line.text("method", request.method);
    line.text("route", access.route);
    line.optionalText("model", access.model);
    line.optionalText("provider", access.provider);
    line.number("status", access.status);
    if (access.input_tokens >= 0) line.number("input_tokens", access.input_tokens);
    if (access.output_tokens >= 0) line.number("output_tokens", access.output_tokens);
    line.millis("ttfb_ms", access.begun, access.first_byte);
    line.millis("total_ms", access.begun, access.ended);
    line.number("bytes_in", access.bytes_in);
    line.number("bytes_out", access.bytes_out);
    line.text("peer", request.peer);
    line.text("outcome", access.outcome);
    out += '}';
    return out;
}

void writeAccess(const Request& request) {
    observability::logLine(encodeAccess(request, SystemClock().wall()));
}

}  // namespace gw::http
