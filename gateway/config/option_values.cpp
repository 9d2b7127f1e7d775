#include <algorithm>
#include <array>
#include <charconv>
#include <numeric>
#include <optional>
#include <set>

#include "base/text.h"
#include "config/option_table.h"

namespace gw::config {

namespace {

using Aliases = routing::ModelRouter::Aliases;

template <class... F>
struct Overloaded : F... {
    using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;

struct Unit {
    std::string_view name;
    std::int64_t factor;
};
constexpr std::array kDurations{Unit{"h", 3'600'000}, Unit{"m", 60'000}, Unit{"s", 1'000}, Unit{"ms", 1}};
constexpr std::array kSizes{Unit{"GiB", 1 << 30}, Unit{"MiB", 1 << 20}, Unit{"KiB", 1 << 10}, Unit{"B", 1}};

template <std::size_t N>
[[nodiscard]] std::string unitNames(const std::array<Unit, N>& units) {
    std::string text;
    for (const Unit& unit : units) text += (text.empty() ? "" : ", ") + std::string(unit.name);
    return text;
}

[[nodiscard]] std::optional<std::int64_t> parseNumber(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

/// "30s" with one of the units; nothing when malformed or too large.
template <std::size_t N>
[[nodiscard]] std::optional<std::int64_t> parseWithUnit(std::string_view text, const std::array<Unit, N>& units) {
    const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    const std::optional<std::int64_t> number = parseNumber(text.substr(0, digits));
    const std::string_view unit = trimBlanks(text.substr(digits));
    const auto known = std::ranges::find_if(units, [unit](const Unit& each) { return each.name == unit; });
    if (!number || known == units.end()) return std::nullopt;
    if (*number > std::numeric_limits<std::int64_t>::max() / known->factor) return std::nullopt;
    return *number * known->factor;
}

template <std::size_t N>
[[nodiscard]] std::string renderWithUnit(std::int64_t value, const std::array<Unit, N>& units, std::string_view zero) {
    if (value == 0) return std::string(zero);
    for (const Unit& unit : units)
        if (value % unit.factor == 0) return std::to_string(value / unit.factor) + std::string(unit.name);
    return {};
}

[[nodiscard]] std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
    return text;
}

/// The bounds as an operator would write them.
[[nodiscard]] std::string bound(const Option& option, std::int64_t value) {
    const bool duration = std::holds_alternative<std::chrono::milliseconds*>(option.slot) ||
                          std::holds_alternative<std::chrono::seconds*>(option.slot);
    if (duration) return renderWithUnit(value, kDurations, "0s");
    return option.bytes ? renderWithUnit(value, kSizes, "0") : std::to_string(value);
}

/// Reads one value into its option's slot. Every function returns "" or what is wrong.
class ValueReader {
public:
    ValueReader(const Option& option, const YamlNode& node) : option_(option), node_(node) {}

    [[nodiscard]] std::string read() {
        if (node_.isNull()) return "has no value; leave the key out for the default";
        return std::visit([this](auto* slot) { return into(*slot); }, option_.slot);
    }

private:
    [[nodiscard]] std::string into(bool& slot) {
        if (option_.choices.empty() && node_.isScalar() && (node_.text == "true" || node_.text == "false")) {
            slot = node_.text == "true";
            return {};
        }
        if (option_.choices.empty()) return "must be true or false";
        return choose([&slot](std::size_t index) { slot = index == 1; });
    }
    [[nodiscard]] std::string into(observability::Level& slot) {
        return choose([&slot](std::size_t index) { slot = static_cast<observability::Level>(index); });
    }
    [[nodiscard]] std::string into(std::string& slot) {
        if (!node_.isScalar()) return "must be text";
        slot = node_.text;
        return {};
    }
    [[nodiscard]] std::string into(Secret& slot) {
        if (!node_.isScalar()) return "must be text";
        slot = Secret(node_.text);
        return {};
    }
    [[nodiscard]] std::string into(std::vector<std::string>& slot) {
        if (!node_.isSequence()) return "must be a list, as in [a, b]";
        std::vector<std::string> words;
        for (const YamlNode& item : node_.items) {
            if (!item.isScalar()) return "must be a list of text";
            words.push_back(item.text);
        }
        slot = std::move(words);
        return {};
    }
    [[nodiscard]] std::string into(std::chrono::milliseconds& slot) {
        return duration([&slot](std::int64_t ms) { slot = std::chrono::milliseconds(ms); });
    }
    [[nodiscard]] std::string into(std::chrono::seconds& slot) {
        return duration([&slot](std::int64_t ms) { slot = std::chrono::seconds(ms / 1'000); });
    }
    [[nodiscard]] std::string into(Aliases& slot) {
        if (!node_.isMap()) return "must be a map of alias to model";
        for (const auto& [alias, models] : node_.members)
            if (std::string wrong = addAlias(alias, models, slot); !wrong.empty()) return wrong;
        return {};
    }
    template <class Number>
    [[nodiscard]] std::string into(Number& slot) {
        std::optional<std::int64_t> value = node_.isScalar() ? parseNumber(node_.text) : std::nullopt;
        if (!value && node_.isScalar() && option_.bytes) value = parseWithUnit(node_.text, kSizes);
        if (!value)
            return option_.bytes ? "must be a size, as in 64KiB (units: " + unitNames(kSizes) + ")"
                                 : "must be an integer";
        return inRange(*value, [&slot](std::int64_t number) { slot = static_cast<Number>(number); });
    }

    template <class Store>
    [[nodiscard]] std::string choose(Store store) {
        const auto found = std::ranges::find(option_.choices, node_.isScalar() ? node_.text : "");
        if (found == option_.choices.end()) return "must be one of " + joined(option_.choices);
        store(static_cast<std::size_t>(found - option_.choices.begin()));
        return {};
    }
    template <class Store>
    [[nodiscard]] std::string duration(Store store) {
        const auto value = node_.isScalar() ? parseWithUnit(node_.text, kDurations) : std::nullopt;
        if (!value) return "must be a duration, as in 30s (units: " + unitNames(kDurations) + ")";
        return inRange(*value, store);
    }
    template <class Store>
    [[nodiscard]] std::string inRange(std::int64_t value, Store store) {
        if (value < option_.least) return "must be at least " + bound(option_, option_.least);
        if (value > option_.most) return "must be at most " + bound(option_, option_.most);
        store(value);
        return {};
    }
    [[nodiscard]] static std::string addAlias(const std::string& alias, const YamlNode& models, Aliases& slot) {
        std::vector<routing::Target> targets;
        const std::vector<YamlNode> one{models};
        for (const YamlNode& model : models.isSequence() ? models.items : one) {
            const std::size_t slash = model.text.find('/');
            if (!model.isScalar() || slash == 0 || slash == std::string::npos || slash + 1 == model.text.size())
                return alias + ": a model is written provider/model";
            targets.push_back({ProviderName(model.text.substr(0, slash)), ModelName(model.text.substr(slash + 1))});
        }
        if (targets.empty()) return alias + ": names no model";
        slot[alias] = std::move(targets);
        return {};
    }

    const Option& option_;
    const YamlNode& node_;
};

/// Walks a tree beside the table.
class TreeReader {
public:
    TreeReader(const OptionTable& table, Findings& findings) : table_(table), findings_(findings) {}

    void read(const YamlNode& root) {
        if (root.isMap())
            walk(root, "");
        else if (!root.isNull())
            findings_.push_back(root.wrong("", "must be a map of options"));
        for (const Option& option : table_) checkNeeds(root, option);
    }

private:
    void walk(const YamlNode& map, const std::string& prefix) {
        for (const auto& [key, value] : map.members) visit(prefix + key, value);
    }
    void visit(const std::string& path, const YamlNode& value) {
        const auto option = std::ranges::find_if(table_, [&](const auto& each) { return each.path == path; });
        if (value.broken) return;
        if (option != table_.end()) {
            if (std::string wrong = ValueReader(*option, value).read(); !wrong.empty())
                findings_.push_back(value.wrong(path, std::move(wrong)));
        } else if (!isSection(path)) {
            unknown(path, value);
        } else if (value.isMap()) {
            walk(value, path + ".");
        } else {
            findings_.push_back(value.wrong(path, value.isNull() ? "is empty" : "must be a map of options"));
        }
    }
    [[nodiscard]] bool isSection(const std::string& path) const {
        return std::ranges::any_of(table_, [&](const Option& each) { return each.path.starts_with(path + "."); });
    }
    void unknown(const std::string& path, const YamlNode& value) {
        std::set<std::string> known;
        for (const Option& option : table_)
            for (std::size_t end = 0; end != std::string::npos;)
                known.insert(option.path.substr(0, end = option.path.find('.', end + 1)));
        const std::string near = nearest(path, {known.begin(), known.end()});
        findings_.push_back(value.wrong(path, near.empty() ? "unknown key" : "unknown key; the nearest is " + near));
    }
    void checkNeeds(const YamlNode& root, const Option& option) {
        if (option.needs.empty()) return;
        const YamlNode* given = findPath(root, option.path);
        if (given == nullptr || isOff(*given)) return;
        const YamlNode* needed = findPath(root, option.needs);
        if (needed == nullptr || isOff(*needed))
            findings_.push_back(given->wrong(option.path, "has no effect without " + option.needs));
    }
    /// Given, but as what stands for "not given": so that ${NAME:-} can switch a pair of options off.
    [[nodiscard]] static bool isOff(const YamlNode& node) {
        if (node.broken) return false;
        return node.isSequence() ? node.items.empty()
                                 : node.isNull() || (node.isScalar() && (node.text.empty() || node.text == "0"));
    }

    const OptionTable& table_;
    Findings& findings_;
};

/// Text as a YAML scalar that reads back as text.
[[nodiscard]] std::string renderText(const std::string& text) {
    const bool bare = !text.empty() && text.find_first_not_of(
                                           "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                           "0123456789_./-") == std::string::npos;
    const bool looks_typed = parseNumber(text) || text == "true" || text == "false" || text == "null" || text == "-";
    return bare && !looks_typed ? text : jsonString(text);
}

[[nodiscard]] std::string renderAliases(const Aliases& aliases) {
    std::string text;
    for (const auto& [alias, targets] : aliases) {
        std::string list;
        for (const routing::Target& target : targets)
            list += (list.empty() ? "" : ", ") + renderText(target.provider.str() + "/" + target.model.str());
        text += (text.empty() ? "" : ", ") + renderText(alias) + ": [" + list + "]";
    }
    return "{" + text + "}";
}

[[nodiscard]] std::string renderList(const std::vector<std::string>& words) {
    std::vector<std::string> rendered;
    std::ranges::transform(words, std::back_inserter(rendered), renderText);
    return "[" + joined(rendered) + "]";
}

/// Levenshtein: insertions, deletions and changes from one word to the other.
[[nodiscard]] std::size_t distance(std::string_view word, std::string_view other) {
    std::vector<std::size_t> row(other.size() + 1);
    std::iota(row.begin(), row.end(), 0);
    for (const char letter : word) {
        std::size_t diagonal = row[0]++;
        for (std::size_t j = 1; j <= other.size(); ++j) {
            const std::size_t change = diagonal + (letter == other[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({change, row[j] + 1, row[j - 1] + 1});
        }
    }
    return row.back();
}

}  // namespace

void readOptions(const OptionTable& table, const YamlNode& root, Findings& findings) {
    TreeReader(table, findings).read(root);
}

std::string renderValue(const Option& option) {
    const auto word = [&option](std::size_t index) { return option.choices.at(index); };
    return std::visit(
        Overloaded{
            [&](const bool* v) { return option.choices.empty() ? (*v ? "true" : "false") : word(*v ? 1 : 0); },
            [&](const observability::Level* v) { return word(static_cast<std::size_t>(*v)); },
            [](const std::string* v) { return renderText(*v); },
            [](const Secret* v) { return std::string(v->empty() ? "\"\"" : "\"***\""); },
            [](const std::vector<std::string>* v) { return renderList(*v); },
            [](const std::chrono::milliseconds* v) { return renderWithUnit(v->count(), kDurations, "0s"); },
            [](const std::chrono::seconds* v) { return renderWithUnit(v->count() * 1'000, kDurations, "0s"); },
            [](const Aliases* v) { return renderAliases(*v); },
            [&](const auto* v) {
                const auto value = static_cast<std::int64_t>(*v);
                return option.bytes && value > 1 ? renderWithUnit(value, kSizes, "0") : std::to_string(value);
            },
        },
        option.slot);
}

std::string typeName(const Option& option) {
    if (!option.choices.empty()) return joined(option.choices);
    return std::visit(Overloaded{
                          [](const bool*) { return "true, false"; },
                          [](const std::string*) { return "text"; },
                          [](const observability::Level*) { return "text"; },
                          [](const Secret*) { return "secret text"; },
                          [](const std::vector<std::string>*) { return "list of text"; },
                          [](const std::chrono::milliseconds*) { return "duration"; },
                          [](const std::chrono::seconds*) { return "duration"; },
                          [](const Aliases*) { return "map"; },
                          [&](const auto*) { return option.bytes ? "size" : "integer"; },
                      },
                      option.slot);
}

std::string nearest(std::string_view word, const std::vector<std::string>& known) {
    std::string best;
    std::size_t least = 3 + word.size() / 8;  // a longer path may hold a longer slip
    for (const std::string& candidate : known) {
        const std::size_t away = distance(word, candidate);
        if (away >= least) continue;
        least = away;
        best = candidate;
    }
    return best;
}

}  // namespace gw::config
