#include "usage.h"

#include <charconv>
#include <initializer_list>

namespace openai {
namespace {

/// Integers, floats, and either of them as text.
std::int64_t count(Json value, bool& odd) {
    if (value.isNumber()) return static_cast<std::int64_t>(value.num(-1));
    const std::string_view text = value.str();
    if (text.empty()) return -1;
    odd = true;
    std::int64_t number = -1;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

std::int64_t firstOf(Json usage, std::initializer_list<std::string_view> places, bool& odd) {
    for (const std::string_view place : places)
        if (const std::int64_t number = count(usage.at(place), odd); number >= 0) return number;
    return -1;
}

}  // namespace

UsageReading readUsage(Json usage) {
    UsageReading reading;
    if (!usage.isObject() || usage.size() == 0) return reading;
    gwp_usage& told = reading.usage;
    told.input = firstOf(usage, {"/prompt_tokens", "/input_tokens"}, reading.odd);
    told.output = firstOf(usage, {"/completion_tokens", "/output_tokens"}, reading.odd);
    told.cached_read = firstOf(usage,
                               {"/prompt_tokens_details/cached_tokens", "/input_tokens_details/cached_tokens",
                                "/prompt_cache_hit_tokens", "/cached_tokens"},
                               reading.odd);
    told.cached_write =
        firstOf(usage, {"/prompt_tokens_details/cache_write_tokens", "/cache_write_tokens"}, reading.odd);
    told.reasoning = firstOf(
        usage,
        {"/completion_tokens_details/reasoning_tokens", "/output_tokens_details/reasoning_tokens", "/reasoning_tokens"},
        reading.odd);
    const std::int64_t total = firstOf(usage, {"/total_tokens"}, reading.odd);
    if (told.output < 0 && told.input >= 0 && total >= told.input) told.output = total - told.input;
    // Some (xAI) count reasoning beside the completion; only the total tells which way it was done.
    if (told.reasoning > 0 && told.input >= 0 && told.input + told.output + told.reasoning == total)
        told.output += told.reasoning;
    return reading;
}

}  // namespace openai
