#include "request_body.h"

#include <string>

namespace openai {
namespace {

constexpr std::string_view kAskUsage = R"("include_usage":true)";

/// Copies ranges of the text, with pieces put in the place of others.
class Splicer {
public:
    Splicer(std::string_view text, gwp::request_writer out) : text_(text), out_(out) {}

    /// The value (a range of the text) gives way to `piece`. Values come in the order of the text.
    void replace(std::string_view value, std::string_view piece) {
        copyUntil(placeOf(value));
        write(piece);
        position_ = placeOf(value) + value.size();
    }
    /// Puts `member` at the front of `object`, which begins with '{'.
    void addMember(std::string_view object, std::string_view member, bool was_empty) {
        copyUntil(placeOf(object) + 1);
        write(member);
        if (!was_empty) write(",");
    }
    void finish() { write(text_.substr(position_)); }

private:
    [[nodiscard]] std::size_t placeOf(std::string_view range) const {
        return static_cast<std::size_t>(range.begin() - text_.begin());
    }
    void copyUntil(std::size_t until) {
        write(text_.substr(position_, until - position_));
        position_ = until;
    }
    void write(std::string_view piece) {
        if (!piece.empty()) out_.body(piece);
    }

    std::string_view text_;
    gwp::request_writer out_;
    std::size_t position_ = 0;
};

std::string quoted(std::string_view name) {
    constexpr std::string_view kHex = "0123456789abcdef";
    std::string text = "\"";
    for (const char c : name) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') text += '\\';
        if (byte >= 0x20) {
            text += c;
        } else {
            text += "\\u00";
            text += kHex[byte >> 4U];
            text += kHex[byte & 15U];
        }
    }
    return text += '"';
}

void askUsage(Json options, Splicer& splicer) {
    const Json asked = options.at("/include_usage");
    if (!options.isObject())
        splicer.replace(options.raw(), "{" + std::string(kAskUsage) + "}");
    else if (asked.exists())
        splicer.replace(asked.raw(), "true");
    else
        splicer.addMember(options.raw(), kAskUsage, options.size() == 0);
}

/// Members that the body lacks, for the front of the root.
std::string missing(Json root, const BodyEdits& edits) {
    std::string members;
    const auto add = [&members](std::string_view member) {
        if (!members.empty()) members += ',';
        members += member;
    };
    if (!root.at("/model").exists()) add("\"model\":" + quoted(edits.model));
    if (edits.set_stream && edits.stream && !root.at("/stream").exists()) add(R"("stream":true)");
    if (edits.ask_usage && !root.at("/stream_options").exists())
        add(R"("stream_options":{)" + std::string(kAskUsage) + "}");
    return members;
}

}  // namespace

void writeBody(std::string_view text, Json root, const BodyEdits& edits, gwp::request_writer out) {
    if (!root.isObject()) throw gwp::error(GWP_E_INVALID, "the request is not a JSON object", "invalid_request", 400);
    Splicer splicer(text, out);
    if (const std::string members = missing(root, edits); !members.empty())
        splicer.addMember(root.raw(), members, root.size() == 0);
    root.each([&](std::string_view key, Json value) {
        if (key == "model") splicer.replace(value.raw(), quoted(edits.model));
        if (key == "stream" && edits.set_stream && value.isTrue() != edits.stream)
            splicer.replace(value.raw(), edits.stream ? "true" : "false");
        if (key == "stream_options" && edits.ask_usage) askUsage(value, splicer);
    });
    splicer.finish();
}

}  // namespace openai
