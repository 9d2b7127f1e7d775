#include "retry_hint.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

namespace openai {
namespace {

constexpr std::int64_t kLongest = std::int64_t{24} * 3600 * 1000;

std::string_view headerOf(const gwp_http_head& head, std::string_view name) {
    for (std::uint64_t i = 0; i < head.n_headers; ++i)
        if (gwp::sv(head.headers[i].key) == name) return gwp::sv(head.headers[i].value);
    return {};
}

/// A decimal number at the front, which is cut off.
std::optional<double> takeNumber(std::string_view& text) {
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
    if (error != std::errc() || !std::isfinite(number) || number < 0) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return number;
}

std::int64_t bounded(double millis) {
    return static_cast<std::int64_t>(std::clamp(std::ceil(millis), 0.0, static_cast<double>(kLongest)));
}

/// Milliseconds of the unit at the front, which is cut off; 0: no unit.
double takeUnit(std::string_view& text) {
    struct Unit {
        std::string_view name;
        double millis;
    };
    static constexpr std::array<Unit, 6> kUnits{
        {{"ms", 1}, {"us", 1e-3}, {"ns", 1e-6}, {"h", 3.6e6}, {"m", 6e4}, {"s", 1e3}}};
    for (const Unit& unit : kUnits) {
        if (text.substr(0, unit.name.size()) != unit.name) continue;
        text.remove_prefix(unit.name.size());
        return unit.millis;
    }
    return 0;
}

/// Days from 1970-01-01 in the proleptic Gregorian calendar.
std::int64_t daysOf(std::int64_t year, std::int64_t month, std::int64_t day) {
    year -= month <= 2 ? 1 : 0;
    const std::int64_t era = year / 400;
    const std::int64_t year_of_era = year - era * 400;
    const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146'097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719'468;
}

std::int64_t digits(std::string_view text, std::size_t at, std::size_t length) {
    std::int64_t number = -1;
    if (at + length <= text.size()) std::from_chars(text.data() + at, text.data() + at + length, number);
    return number;
}

struct Civil {
    std::int64_t year, month, day, hour, minute, second;
};

std::int64_t millisUntil(const Civil& when, std::uint64_t now_ms) {
    if (when.year < 1970 || when.month < 1 || when.month > 12 || when.day < 1 || when.hour < 0) return 0;
    const std::int64_t seconds =
        daysOf(when.year, when.month, when.day) * 86'400 + when.hour * 3600 + when.minute * 60 + when.second;
    return std::clamp(seconds * 1000 - static_cast<std::int64_t>(now_ms), std::int64_t{0}, kLongest);
}

/// "Sun, 06 Nov 1994 08:49:37 GMT"
std::int64_t untilHttpDate(std::string_view text, std::uint64_t now_ms) {
    constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
    if (text.size() < 25) return 0;
    const std::size_t month = kMonths.find(text.substr(8, 3));
    if (month == std::string_view::npos || month % 3 != 0) return 0;
    return millisUntil({digits(text, 12, 4), static_cast<std::int64_t>(month / 3 + 1), digits(text, 5, 2),
                        digits(text, 17, 2), digits(text, 20, 2), digits(text, 23, 2)},
                       now_ms);
}

/// "2026-11-25T12:00:00Z", with or without a fraction; what stands in another zone is taken as UTC.
std::int64_t untilRfc3339(std::string_view text, std::uint64_t now_ms) {
    return millisUntil({digits(text, 0, 4), digits(text, 5, 2), digits(text, 8, 2), digits(text, 11, 2),
                        digits(text, 14, 2), digits(text, 17, 2)},
                       now_ms);
}

std::int64_t resetOf(const gwp_http_head& head, std::string_view reset, std::string_view remaining,
                     std::uint64_t now_ms) {
    const std::string_view left = headerOf(head, remaining);
    if (!left.empty() && left != "0" && left != "-1") return 0;  // not this one is used up
    return resetMillis(headerOf(head, reset), now_ms);
}

}  // namespace

std::int64_t resetMillis(std::string_view text, std::uint64_t now_ms) {
    if (text.size() >= 19 && text[4] == '-' && text[10] == 'T') return untilRfc3339(text, now_ms);
    double millis = 0;
    while (!text.empty()) {
        const auto number = takeNumber(text);
        if (!number) return 0;
        const double unit = takeUnit(text);
        if (unit == 0) {
            if (!text.empty() || millis != 0) return 0;
            const bool epoch = *number > 1e11;
            return bounded(epoch ? *number - static_cast<double>(now_ms) : *number * 1000);
        }
        millis += *number * unit;
    }
    return bounded(millis);
}

std::int64_t retryHint(const gwp_http_head& head, std::uint64_t now_ms) {
    std::string_view text = headerOf(head, "retry-after-ms");
    if (const auto millis = takeNumber(text)) return bounded(*millis);
    const std::string_view after = headerOf(head, "retry-after");
    text = after;
    if (const auto seconds = takeNumber(text)) return bounded(*seconds * 1000);
    if (const std::int64_t until = untilHttpDate(after, now_ms); until > 0) return until;
    return std::max({resetOf(head, "x-ratelimit-reset-requests", "x-ratelimit-remaining-requests", now_ms),
                     resetOf(head, "x-ratelimit-reset-tokens", "x-ratelimit-remaining-tokens", now_ms),
                     resetOf(head, "x-ratelimit-reset", "x-ratelimit-remaining", now_ms)});
}

std::int64_t retryHintOfText(std::string_view message) {
    for (const std::string_view lead : {"try again in ", "retry after ", "Retry after "}) {
        const std::size_t at = message.find(lead);
        if (at == std::string_view::npos) continue;
        std::string_view rest = message.substr(at + lead.size());
        const auto number = takeNumber(rest);
        if (!number) continue;
        while (!rest.empty() && rest.front() == ' ') rest.remove_prefix(1);
        const double unit = takeUnit(rest);
        return bounded(*number * (unit == 0 ? 1000 : unit));
    }
    return 0;
}

}  // namespace openai
