#include "exchange.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <limits>
#include <numeric>
#include <utility>
#include <vector>

#include "words.h"

namespace echo {
namespace {

constexpr std::int64_t kWordsPerTurn = 64;  // then the loop serves others
constexpr std::int64_t kDimensions = 8, kMostDimensions = 4096;

/// The text of a message: its content, or the text parts of it one after the other.
std::string textOf(gwp::json content) {
    if (content.is_string()) return std::string(content.str());
    std::string text;
    for (std::uint64_t i = 0; content.is_array() && i < content.size(); ++i) text += content.item(i)["/text"].str();
    return text;
}

std::int64_t wordLimit(gwp::json request) {
    constexpr std::int64_t kNone = std::numeric_limits<std::int64_t>::max();
    return request["/max_completion_tokens"].i64(request["/max_tokens"].i64(kNone));
}

/// Numbers between -1 and 1 that depend on the text alone.
std::vector<double> numbersOf(std::string_view text, std::int64_t count) {
    std::uint64_t state = 0xcbf29ce484222325ULL;  // FNV-1a of the text, then xorshift
    for (const char c : text) state = (state ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
    std::vector<double> numbers(static_cast<std::size_t>(count));
    for (double& number : numbers) {
        state ^= state << 13U;
        state ^= state >> 7U;
        state ^= state << 17U;
        number = static_cast<double>(state % 2001) / 1000.0 - 1.0;
    }
    return numbers;
}

/// A vector of length 1: equal texts are equal, others almost surely differ.
std::string vectorOf(std::string_view text, std::int64_t dimensions) {
    const std::vector<double> numbers = numbersOf(text, dimensions);
    const double squares = std::inner_product(numbers.begin(), numbers.end(), numbers.begin(), 0.0);
    const double length = squares > 0 ? std::sqrt(squares) : 1.0;
    std::string json = "[";
    for (const double number : numbers) {
        std::array<char, 32> digits{};
        std::snprintf(digits.data(), digits.size(), "%.6f", number / length);
        if (json.size() > 1) json += ',';
        json += digits.data();
    }
    return json + ']';
}

}  // namespace

gwp_status Exchange::on_end(gwp_status /*why*/, gwp::events events, std::uint64_t& wait_ms) {
    if (op_.kind == GWP_OP_MODELS) return listModels(events), GWP_OK;
    if (op_.kind == GWP_OP_EMBED) return embed(events), GWP_OK;
    if (begun_) return goOn(events, wait_ms);
    begin(events);
    wait_ms = pace_.first_delay_ms;
    return wait_ms > 0 ? GWP_AGAIN : goOn(events, wait_ms);
}

void Exchange::begin(gwp::events events) {
    begun_ = true;
    const gwp::json messages = request_["/messages"];
    bool asked = false;
    for (std::uint64_t i = 0; i < messages.size(); ++i) {
        const gwp::json message = messages.item(i);
        std::string text = textOf(message["/content"]);
        heard_ += countWords(text);
        if (message["/role"].str() != "user") continue;
        asked = true;
        question_ = std::move(text);
    }
    if (!asked) throw gwp::error(GWP_E_INVALID, "There is no message of a user to echo.", "invalid_request_error", 400);
    unsaid_ = question_;
    limit_ = wordLimit(request_);
    events.start({}, gwp::sv(op_.model));
}

gwp_status Exchange::goOn(gwp::events events, std::uint64_t& wait_ms) {
    const std::int64_t turn = pace_.delay_ms > 0 ? 1 : kWordsPerTurn;
    for (std::int64_t i = 0; i < turn && !unsaid_.empty() && said_ < limit_; ++i, ++said_)
        events.text(takeWord(unsaid_));
    if (!unsaid_.empty() && said_ < limit_) {
        wait_ms = pace_.delay_ms;
        return GWP_AGAIN;
    }
    finish(events, unsaid_.empty());
    return GWP_OK;
}

void Exchange::finish(gwp::events events, bool all_said) const {
    events.finish(all_said ? "stop" : "length");
    events.usage(heard_, said_);
}

void Exchange::listModels(gwp::events events) const {
    gwp_event event = gwp::event(GWP_EV_MODEL);
    event.id = GWP_STR("echo");
    event.json = GWP_STR(R"({"id":"echo","object":"model","owned_by":"gateway"})");
    events.emit(event);
}

void Exchange::embed(gwp::events events) const {
    const std::int64_t dimensions = request_["/dimensions"].i64(kDimensions);
    if (dimensions < 1 || dimensions > kMostDimensions)
        throw gwp::error(GWP_E_INVALID, "dimensions must be between 1 and 4096.", "invalid_request_error", 400);
    const gwp::json input = request_["/input"];
    const bool many = input.is_array() && input.size() > 0 && input.item(0).type() != GWP_JSON_NUMBER;
    std::int64_t heard = 0;
    for (std::uint64_t i = 0, n = many ? input.size() : 1; i < n; ++i) {
        const gwp::json text = many ? input.item(i) : input;
        const std::string vector = vectorOf(text.is_string() ? text.str() : text.raw(), dimensions);
        heard += text.is_string() ? countWords(text.str()) : static_cast<std::int64_t>(text.size());
        gwp_event event = gwp::event(GWP_EV_EMBEDDING);
        event.block = static_cast<std::uint32_t>(i);
        event.json = gwp::str(vector);
        events.emit(event);
    }
    events.usage(heard, 0);
}

}  // namespace echo
