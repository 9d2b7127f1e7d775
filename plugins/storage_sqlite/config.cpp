#include "config.h"

#include <cstdlib>
#include <map>
#include <string>

namespace sqlite_store {
namespace {

// Reads one flat object. The host has validated the configuration against kConfigSchema, so this only needs to take
// values out and to refuse what it does not understand; it saves the plugin the JSON service.
class FlatObject {
public:
    explicit FlatObject(std::string_view text) : rest_(text) {
        expect('{');
        if (take('}')) return;
        do {
            const std::string name = string();
            expect(':');
            members_[name] = peek() == '"' ? string() : literal();
        } while (take(','));
        expect('}');
    }
    void read(const char* name, std::string& into) const {
        if (const auto found = members_.find(name); found != members_.end()) into = found->second;
    }
    void read(const char* name, std::int64_t& into) const {
        if (const auto found = members_.find(name); found != members_.end())
            into = static_cast<std::int64_t>(std::strtod(found->second.c_str(), nullptr));
    }

private:
    static gwp::error malformed() { return invalid("the configuration is no flat JSON object", "bad_configuration"); }
    char peek() {
        const std::size_t start = rest_.find_first_not_of(" \t\r\n");
        if (start == std::string_view::npos) throw malformed();
        rest_.remove_prefix(start);
        return rest_.front();
    }
    bool take(char wanted) {
        if (peek() != wanted) return false;
        rest_.remove_prefix(1);
        return true;
    }
    void expect(char wanted) {
        if (!take(wanted)) throw malformed();
    }
    std::string literal() {
        const std::string text(rest_.substr(0, rest_.find_first_of(",} \t\r\n")));
        if (text.empty() || text.find_first_of("{[\"") != std::string::npos) throw malformed();
        rest_.remove_prefix(text.size());
        return text;
    }
    char next() {
        if (rest_.empty()) throw malformed();
        const char c = rest_.front();
        rest_.remove_prefix(1);
        return c;
    }
    std::string string() {
        expect('"');
        std::string text;
        for (char c = next(); c != '"'; c = next()) {
            if (c == '\\')
                escape(text);
            else
                text += c;
        }
        return text;
    }
    void escape(std::string& text) {
        const char c = next();
        static constexpr std::string_view kNames = "\"\\/bfnrt", kValues = "\"\\/\b\f\n\r\t";
        if (const std::size_t at = kNames.find(c); at != std::string_view::npos) {
            text += kValues[at];
            return;
        }
        if (c != 'u' || rest_.size() < 4) throw malformed();
        const unsigned long code = std::strtoul(std::string(rest_.substr(0, 4)).c_str(), nullptr, 16);
        // Only what a JSON writer must escape; paths beyond ASCII come as UTF-8.
        if (code == 0 || code > 0x7f) throw malformed();
        text += static_cast<char>(code);
        rest_.remove_prefix(4);
    }

    std::string_view rest_;
    std::map<std::string, std::string> members_;
};

}  // namespace

Options readConfig(std::string_view json) {
    const FlatObject config(json);
    Options options;
    config.read("path", options.path);
    config.read("synchronous", options.synchronous);
    config.read("integrity_check", options.integrity_check);
    config.read("backup_path", options.backup_path);
    config.read("busy_timeout_ms", options.busy_timeout_ms);
    config.read("cache_kib", options.cache_kib);
    config.read("backup_interval_s", options.backup_interval_s);
    return options;
}

}  // namespace sqlite_store
