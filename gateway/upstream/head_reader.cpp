#include "upstream/head_reader.h"

#include <algorithm>
#include <charconv>
#include <string>

namespace gw::upstream {
namespace {

constexpr int kMostInterimAnswers = 16;

char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

std::string lowered(std::string_view text) {
    std::string result(text);
    std::ranges::transform(result, result.begin(), lower);
    return result;
}

std::string_view trimmed(std::string_view text) noexcept {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool isControl(char c) noexcept {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
}

bool isBlankOrControl(char c) noexcept {
    return c == ' ' || c == '\t' || isControl(c);
}

}  // namespace

HeadReader::Step HeadReader::malformed(std::string_view problem) noexcept {
    problem_ = problem;
    return Step::Malformed;
}

HeadReader::Step HeadReader::line(std::string_view line) {
    seen_ += line.size();
    if (seen_ > limit_) return Step::TooLarge;
    if (complete_) return Step::More;
    while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) return endOfHead();
    return head_.status == 0 ? statusLine(line) : field(line);
}

HeadReader::Step HeadReader::statusLine(std::string_view line) {
    const auto space = line.find(' ');
    if (!line.starts_with("HTTP/") || space == std::string_view::npos) return malformed("no status line");
    const std::string_view rest = line.substr(space + 1);
    int status = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), status);
    const bool three_digits = error == std::errc{} && end - rest.data() == 3 && (rest.size() == 3 || *end == ' ');
    if (!three_digits || status < 100 || status > 599) return malformed("an impossible status");
    if (status == 101) return malformed("a switch of protocols nobody asked for");
    head_.status = status;
    return Step::More;
}

HeadReader::Step HeadReader::endOfHead() {
    if (head_.status == 0) return malformed("a head without status line");
    if (head_.status >= 200) {
        complete_ = true;
        return Step::Complete;
    }
    if (++interim_ > kMostInterimAnswers) return malformed("endless interim answers");
    head_ = {};
    return Step::More;
}

HeadReader::Step HeadReader::field(std::string_view line) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0) return malformed("a header line without a name");
    const std::string_view raw_name = line.substr(0, colon);
    const std::string_view value = trimmed(line.substr(colon + 1));
    if (std::ranges::any_of(raw_name, isBlankOrControl) || std::ranges::any_of(value, isControl))
        return malformed("a control character or a folded line in the head");
    std::string name = lowered(raw_name);
    // Nothing was asked for, so a coded body would reach the client as text.
    if (name == "content-encoding" && !value.empty() && lowered(value) != "identity")
        return malformed("a content coding nobody asked for");
    if (name == "transfer-encoding" && lowered(value) != "chunked")
        return malformed("a transfer coding other than chunked");
    if (name == "content-length") {
        const auto same = [&](const auto& other) { return other.first == name && other.second != value; };
        if (std::ranges::any_of(head_.headers, same)) return malformed("two content lengths");
    }
    head_.headers.emplace_back(std::move(name), value);
    return Step::More;
}

}  // namespace gw::upstream
