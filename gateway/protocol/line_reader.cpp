#include "protocol/line_reader.h"

namespace gw::protocol {

void LineReader::start(std::string_view bytes) noexcept {
    input_ = bytes;
    lf_known_ = false;
    if (after_cr_ && !input_.empty()) {
        if (input_.front() == '\n') input_.remove_prefix(1);
        after_cr_ = false;
    }
}

bool LineReader::next(std::string_view& line) {
    const std::size_t end = lineEnd();
    if (end == std::string_view::npos) return false;
    line = input_.substr(0, end);
    if (!kept_.empty() && !kept_used_) {
        kept_ += line;
        kept_used_ = true;
        line = kept_;
    }
    skipEnd(end);
    if (!bare_cr_ && line.ends_with('\r')) line.remove_suffix(1);
    return true;
}

void LineReader::rest() {
    if (kept_used_) kept_.clear();
    kept_used_ = false;
    kept_ += input_;
    input_ = {};
}

/// Position in input_ of the LF or CR that ends the next line.
std::size_t LineReader::lineEnd() noexcept {
    if (!lf_known_) {
        next_lf_ = input_.find('\n');
        lf_known_ = true;
    }
    if (!bare_cr_) return next_lf_;
    const std::size_t cr = input_.substr(0, next_lf_).find('\r');
    return cr != std::string_view::npos ? cr : next_lf_;
}

void LineReader::skipEnd(std::size_t end) noexcept {
    const bool cr = input_[end] == '\r';
    std::size_t length = 1;
    if (cr && end + 1 < input_.size() && input_[end + 1] == '\n') length = 2;
    after_cr_ = cr && end + 1 == input_.size();
    const std::size_t skipped = end + length;
    if (next_lf_ == std::string_view::npos || next_lf_ >= skipped)
        next_lf_ -= next_lf_ == std::string_view::npos ? 0 : skipped;
    else
        lf_known_ = false;
    input_.remove_prefix(skipped);
}

}  // namespace gw::protocol
