#include "protocol/frame_reader.h"

#include "base/error.h"
#include "protocol/aws_frame.h"
#include "protocol/json.h"

namespace gw::protocol {
namespace {

constexpr std::string_view kBom = "\xEF\xBB\xBF";

bool isBlank(std::string_view text) {
    return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

/// Whether data that the stream left unterminated may be delivered. JSON that was cut off may not: the provider shall
/// see a truncated stream, not a malformed frame.
bool isComplete(std::string_view data) {
    const std::size_t begin = data.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return false;
    if ((data[begin] != '{' && data[begin] != '[') || data.substr(begin).starts_with("[DONE]")) return true;
    try {
        const JsonDocument document{std::string(data)};
        return true;
    } catch (const JsonError&) {
        return false;
    }
}

}  // namespace

FrameReader::FrameReader(Framing framing, std::size_t limit)
    : framing_(framing), limit_(limit), lines_(framing == Framing::Sse) {}

void FrameReader::feed(std::string_view bytes, const Take& take) {
    idle_ = framing_ == Framing::Aws ? bytes.empty() : isBlank(bytes);
    switch (framing_) {
        case Framing::Raw:
            if (!bytes.empty()) take({.framing = framing_, .name = {}, .data = bytes});
            return;
        case Framing::Whole: held_ += bytes; return checkLimit();
        case Framing::Aws: return feedAws(bytes, take);
        case Framing::Lines: return feedLines(bytes, take);
        case Framing::Sse: return feedSse(bytes, take);
    }
}

void FrameReader::feedLines(std::string_view bytes, const Take& take) {
    lines_.start(bytes);
    for (std::string_view line; lines_.next(line);)
        if (!isBlank(line)) take({.framing = framing_, .name = {}, .data = line});
    lines_.rest();
    checkLimit();
}

void FrameReader::feedSse(std::string_view bytes, const Take& take) {
    idle_ = true;
    lines_.start(bytes);
    for (std::string_view line; lines_.next(line);) sseLine(line, take);
    if (data_lines_ == 1 && held_.empty()) held_ = single_;  // its input goes
    single_ = {};
    lines_.rest();
    if (!lines_.kept().empty() && !bytes.empty() && lines_.kept().front() != ':') idle_ = false;
    checkLimit();
}

void FrameReader::sseLine(std::string_view line, const Take& take) {
    if (first_line_ && line.starts_with(kBom)) line.remove_prefix(kBom.size());
    first_line_ = false;
    if (line.empty()) return dispatch(take);
    const std::size_t colon = line.find(':');
    if (colon == 0) return;
    idle_ = false;
    if (colon == std::string_view::npos) return sseField(line, {});
    std::string_view value = line.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    sseField(line.substr(0, colon), value);
}

void FrameReader::sseField(std::string_view name, std::string_view value) {
    if (name == "event") name_ = value;
    if (name != "data") return;
    if (data_lines_ == 0) {
        single_ = value;
    } else {
        if (data_lines_ == 1 && single_.data() != nullptr) held_ = single_;
        single_ = {};
        held_ += '\n';
        held_ += value;
        checkLimit();
    }
    ++data_lines_;
}

/// The data of the event so far.
std::string_view FrameReader::data() const noexcept {
    return single_.data() != nullptr ? single_ : std::string_view(held_);
}

void FrameReader::dispatch(const Take& take) {
    if (data_lines_ > 0) take({.framing = framing_, .name = name_, .data = data()});
    data_lines_ = 0;
    single_ = {};
    held_.clear();
    name_.clear();
}

void FrameReader::feedAws(std::string_view bytes, const Take& take) {
    if (!held_.empty()) {
        held_ += bytes;
        bytes = held_;
    }
    std::size_t done = 0;
    for (AwsFrame frame = parseAwsFrame(bytes, limit_); frame.length > 0;
         frame = parseAwsFrame(bytes.substr(done), limit_)) {
        take({.framing = framing_, .name = frame.name, .data = frame.payload});
        done += frame.length;
    }
    if (bytes.data() == held_.data())
        held_.erase(0, done);
    else
        held_ = bytes.substr(done);
}

void FrameReader::finish(const Take& take) {
    if (framing_ == Framing::Whole) return take({.framing = framing_, .name = {}, .data = held_});
    if (framing_ == Framing::Lines && !isBlank(lines_.kept()) && isComplete(lines_.kept()))
        take({.framing = framing_, .name = {}, .data = lines_.kept()});
    if (framing_ != Framing::Sse) return;
    const std::string last = lines_.kept();
    if (!last.empty()) sseLine(last, take);
    if (data_lines_ > 0 && isComplete(data())) dispatch(take);
}

std::size_t FrameReader::pending() const noexcept {
    return held_.size() + lines_.kept().size() + name_.size();
}

void FrameReader::checkLimit() const {
    if (pending() <= limit_) return;
    throw Error(ErrorCode::UpstreamError, "The provider's answer is larger than this gateway accepts.",
                "a frame is longer than " + std::to_string(limit_) + " bytes");
}

}  // namespace gw::protocol
