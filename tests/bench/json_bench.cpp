// What a parse costs, and what simdjson's own on-demand walk over the same values would. Not a test: build it with -O2
// by hand,
//   clang++-19 -O2 -std=c++20 -Igateway tests/bench/json_bench.cpp gateway/protocol/{json,json_parser}.cpp
//   gateway/base/{error,text}.cpp -lsimdjson
#include <simdjson.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "base/text.h"
#include "protocol/json.h"

namespace {

/// 280 messages; `phrase` is what they are made of.
std::string chatBody(const char* phrase) {
    std::string body = R"({"model":"gpt-4o","stream":true,"messages":[)";
    for (int i = 0; i < 280; ++i) {
        std::string text;
        while (text.size() < 300) text += phrase;
        body += (i > 0 ? "," : "") + std::string(R"({"role":")") + (i % 2 == 0 ? "user" : "assistant") +
                R"(","content":)" + gw::jsonString(text) + "}";
    }
    return body + "]}";
}

std::size_t walk(simdjson::ondemand::value value) {
    std::size_t count = 1;
    switch (value.type()) {
        case simdjson::ondemand::json_type::object:
            for (auto field : value.get_object()) {
                count += std::string_view(field.unescaped_key()).empty() ? 0 : 1;
                count += walk(field.value());
            }
            break;
        case simdjson::ondemand::json_type::array:
            for (auto item : value.get_array()) count += walk(item.value());
            break;
        case simdjson::ondemand::json_type::string: count += std::string_view(value.get_string()).size(); break;
        case simdjson::ondemand::json_type::number: count += value.get_double() > 0 ? 1 : 0; break;
        default: count += value.is_null() ? 0 : 1;
    }
    return count;
}

/// The median of many runs, in microseconds per call.
double measure(const std::function<void()>& call, int batch) {
    std::vector<double> times;
    for (int round = 0; round < 41; ++round) {
        const auto begin = std::chrono::steady_clock::now();
        for (int i = 0; i < batch; ++i) call();
        times.push_back(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin).count() /
                        batch);
    }
    std::sort(times.begin(), times.end());
    return times[times.size() / 2];
}

void compare(const char* name, const std::string& text, int batch) {
    std::size_t sum = 0;
    const double ours = measure(
        [&] {
            std::string body;
            body.reserve(text.size() + 64);
            body = text;
            const gw::protocol::JsonDocument document(std::move(body));
            sum += document.root().size();
        },
        batch);
    simdjson::ondemand::parser parser;
    const double theirs = measure(
        [&] {
            simdjson::padded_string body(text);
            auto document = parser.iterate(body);
            sum += walk(document.get_value());
        },
        batch);
    std::printf("%-8s %7zu bytes: JsonDocument %7.3f us, on-demand walk %7.3f us (both copy the text first; %zu)\n",
                name, text.size(), ours, theirs, sum % 10);
}

}  // namespace

int main() {
    compare("prose",
            chatBody("Some words of an ordinary sentence, then one that ends in a line feed, as most do.\n\xC3\xA9"),
            100);
    compare("code",
            chatBody("Some \"quoted\" words,\nand a line of code: a\\b;\t\xC3\xA9\xE2\x9C\x93 and more plain text. "),
            100);
    compare(
        "chunk",
        R"({"id":"chatcmpl-Cx2","object":"chat.completion.chunk","created":1764000001,"model":"gpt-5-mini-2025-08-07",)"
        R"("service_tier":"default","system_fingerprint":null,"choices":[{"index":0,"delta":{"content":"Hello"},"logprobs":null,)"
        R"("finish_reason":null}],"usage":null})",
        10000);
    return 0;
}
