#include "config/references.h"

#include <fstream>
#include <optional>
#include <sstream>

namespace gw::config {

namespace {

constexpr std::size_t kMaxFile = 1u << 20;  // a secret, not a device that never ends

/// Reads a file's text without its last newline; nothing when that fails or it is too long.
[[nodiscard]] std::optional<std::string> readSecretFile(const std::string& path) {
    std::ifstream stream(path, std::ios::binary);
    std::string text(kMaxFile + 1, '\0');
    if (!stream) return std::nullopt;
    stream.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(stream.gcount()));
    if (stream.bad() || text.size() > kMaxFile) return std::nullopt;
    if (!text.empty() && text.back() == '\n') text.pop_back();
    if (!text.empty() && text.back() == '\r') text.pop_back();
    return text;
}

/// One scalar's text with its references replaced; `error` says what could not be.
class Expansion {
public:
    Expansion(const std::string& text, const Environment& environment) : text_(text), environment_(environment) {}

    [[nodiscard]] std::string run(std::string& error) {
        std::string out;
        while (at_ < text_.size() && error_.empty()) {
            const char c = text_[at_++];
            if (c == '$')
                dollar(out);
            else
                out += c;
        }
        error = std::move(error_);
        return out;
    }

private:
    void dollar(std::string& out) {
        const char next = at_ < text_.size() ? text_[at_] : '\0';
        if (next == '$') {
            ++at_;
            out += '$';
        } else if (next == '{') {
            ++at_;
            reference(out);
        } else {
            error_ = "a plain $ is written $$";
        }
    }
    void reference(std::string& out) {
        const std::size_t end = text_.find('}', at_);
        if (end == std::string::npos) {
            error_ = "${ without }";
            return;
        }
        const std::string body = text_.substr(at_, end - at_);
        at_ = end + 1;
        if (body.starts_with("file:"))
            file(body.substr(5), out);
        else
            variable(body, out);
    }
    void file(const std::string& path, std::string& out) {
        if (auto text = readSecretFile(path))
            out += *text;
        else
            error_ = "the file " + path + " cannot be read";
    }
    void variable(const std::string& body, std::string& out) {
        const std::size_t split = body.find(":-");
        const std::string name = body.substr(0, split);
        if (name.empty() || name.find_first_not_of(kNameCharacters) != std::string::npos) {
            error_ = "${" + body + "} is none of ${NAME}, ${NAME:-default}, ${file:/path}";
            return;
        }
        const std::optional<std::string> value = environment_.find(name);
        if (split != std::string::npos)
            out += value && !value->empty() ? *value : body.substr(split + 2);
        else if (value)
            out += *value;
        else
            error_ = "the variable " + name + " is not set and has no default (${" + name + ":-default})";
    }

    static constexpr const char* kNameCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
    const std::string& text_;
    const Environment& environment_;
    std::size_t at_ = 0;
    std::string error_;
};

}  // namespace

void expandReferences(YamlNode& node, const Environment& environment, const std::string& field, Findings& findings) {
    const std::string prefix = field.empty() ? "" : field + ".";
    for (auto& [key, value] : node.members) expandReferences(value, environment, prefix + key, findings);
    for (std::size_t i = 0; i < node.items.size(); ++i)
        expandReferences(node.items[i], environment, prefix + std::to_string(i), findings);
    if (!node.isScalar() || node.expanded || node.text.find('$') == std::string::npos) return;
    std::string error;
    node.text = Expansion(node.text, environment).run(error);
    node.expanded = true;
    node.broken = !error.empty();
    if (node.broken) findings.push_back(node.wrong(field, std::move(error)));
}

}  // namespace gw::config
