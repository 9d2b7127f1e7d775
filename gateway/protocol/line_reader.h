#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace gw::protocol {

/// Bytes, however they are cut, to lines that end with LF, CR LF or (if `bare_cr`) CR alone. A CR that ends the input
/// ends the line at once; an LF that starts the next input then belongs to it. Copies only lines that are cut. [loop]
class LineReader {
public:
    explicit LineReader(bool bare_cr) : bare_cr_(bare_cr) {}

    /// Appends input. Before the next start() all complete lines must have been taken with next(), and then rest().
    void start(std::string_view bytes) noexcept;
    /// The next complete line without its end, valid until rest(); false: there is none.
    [[nodiscard]] bool next(std::string_view& line);
    /// Keeps the unfinished last line for later.
    void rest();
    /// What is kept: the beginning of a line whose end has not come.
    [[nodiscard]] const std::string& kept() const noexcept { return kept_; }

private:
    [[nodiscard]] std::size_t lineEnd() noexcept;
    void skipEnd(std::size_t end) noexcept;

    bool bare_cr_;
    bool after_cr_ = false;   // the last line ended with CR: an LF right here is part of that end
    bool kept_used_ = false;  // kept_ has been handed out as part of a line
    std::string_view input_;
    std::size_t next_lf_ = 0;  // of input_; found once per LF, else many CR would cost quadratic time
    bool lf_known_ = false;
    std::string kept_;
};

}  // namespace gw::protocol
