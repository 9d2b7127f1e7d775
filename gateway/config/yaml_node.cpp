#include "config/yaml_node.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <optional>
#include <sstream>

namespace gw::config {

namespace {

constexpr std::size_t kMaxDepth = 64;  // deeper than any schema; keeps the walks over the tree far from the stack's end

/// Builds a YamlNode from yaml-cpp's events. Its own Node would lose duplicate keys and whether a scalar was quoted.
class TreeBuilder final : public YAML::EventHandler {
public:
    TreeBuilder(const std::string& file, Findings& findings) : file_(file), findings_(findings) {}

    [[nodiscard]] YamlNode take() { return std::move(root_); }

    void OnDocumentStart(const YAML::Mark& /*mark*/) override {}
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        refuseAnchor(mark, anchor);
        add(nodeAt(mark, YamlNode::Kind::Null));
    }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
        report(mark, "aliases (*name) are not supported");
        add(nodeAt(mark, YamlNode::Kind::Null));
    }
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        refuseAnchor(mark, anchor);
        refuseTag(mark, tag);
        YamlNode node = nodeAt(mark, YamlNode::Kind::Scalar);
        node.plain = tag == "?";
        node.text = value;
        if (node.plain && (value.empty() || value == "~" || value == "null")) node.kind = YamlNode::Kind::Null;
        add(std::move(node));
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value /*style*/) override {
        refuseTag(mark, tag);
        open(mark, anchor, YamlNode::Kind::Sequence);
    }
    void OnSequenceEnd() override { close(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value /*style*/) override {
        refuseTag(mark, tag);
        open(mark, anchor, YamlNode::Kind::Map);
    }
    void OnMapEnd() override { close(); }

private:
    struct Level {
        YamlNode node;
        std::optional<YamlNode> key;  // of a map: read, its value is awaited
    };

    [[nodiscard]] YamlNode nodeAt(const YAML::Mark& mark, YamlNode::Kind kind) const {
        YamlNode node;
        node.kind = kind;
        node.file = file_;
        node.line = mark.line + 1;
        return node;
    }
    void report(const YAML::Mark& mark, std::string reason) {
        findings_.push_back({Finding::Severity::Error, file_, mark.line + 1, path(), std::move(reason)});
    }
    void refuseAnchor(const YAML::Mark& mark, YAML::anchor_t anchor) {
        if (anchor != 0) report(mark, "anchors (&name) are not supported");
    }
    void refuseTag(const YAML::Mark& mark, const std::string& tag) {
        if (tag != "?" && tag != "!" && !tag.empty()) report(mark, "tags (!name) are not supported");
    }
    [[nodiscard]] std::string path() const {
        std::string text;
        for (const Level& level : stack_)
            if (level.key) text += (text.empty() ? "" : ".") + level.key->text;
        return text;
    }
    void open(const YAML::Mark& mark, YAML::anchor_t anchor, YamlNode::Kind kind) {
        refuseAnchor(mark, anchor);
        if (stack_.size() >= kMaxDepth) throw YAML::ParserException(mark, "nested too deep");
        stack_.push_back({nodeAt(mark, kind), std::nullopt});
    }
    void close() {
        YamlNode done = std::move(stack_.back().node);
        stack_.pop_back();
        add(std::move(done));
    }
    void add(YamlNode node) {
        if (stack_.empty()) {
            root_ = std::move(node);
            return;
        }
        Level& top = stack_.back();
        if (top.node.isSequence())
            top.node.items.push_back(std::move(node));
        else if (!top.key)
            top.key = std::move(node);
        else
            addMember(top, std::move(node));
    }
    void addMember(Level& map, YamlNode value) {
        const YamlNode key = *map.key;
        const std::string field = path();
        map.key.reset();
        const auto wrong = [&](std::string reason) {
            findings_.push_back({Finding::Severity::Error, file_, key.line, field, std::move(reason)});
        };
        if (!key.isScalar()) return wrong("a key must be text");
        if (key.plain && key.text == "<<") return wrong("the merge key << is not supported");
        if (map.node.find(key.text) != nullptr) return wrong("this key stands twice");
        value.line = key.line;
        map.node.members.push_back({key.text, std::move(value)});
    }

    const std::string& file_;
    Findings& findings_;
    YamlNode root_;
    std::vector<Level> stack_;
};

}  // namespace

const YamlNode* YamlNode::find(std::string_view key) const noexcept {
    const auto found = std::ranges::find(members, key, &YamlMember::key);
    return found == members.end() ? nullptr : &found->value;
}

YamlNode* YamlNode::find(std::string_view key) noexcept {
    return const_cast<YamlNode*>(std::as_const(*this).find(key));  // NOLINT: this object is not const
}

YamlNode parseYaml(const std::string& text, const std::string& file, Findings& findings) {
    TreeBuilder builder(file, findings);
    try {
        std::istringstream stream(text);
        YAML::Parser parser(stream);
        if (!parser.HandleNextDocument(builder)) return {};
        YamlNode root = builder.take();
        if (parser.HandleNextDocument(builder))
            findings.push_back({Finding::Severity::Error, file, 0, "", "a second document (---) is not supported"});
        return root;
    } catch (const YAML::Exception& broken) {
        findings.push_back({Finding::Severity::Error, file, broken.mark.is_null() ? 0 : broken.mark.line + 1, "",
                            "not valid YAML: " + broken.msg});
    }
    return {};
}

void mergeYaml(YamlNode& target, const YamlNode& patch) {
    if (!patch.isMap() || !target.isMap()) {
        target = patch;
        return;
    }
    for (const YamlMember& change : patch.members) {
        YamlNode* old = target.find(change.key);
        if (change.value.isNull())
            std::erase_if(target.members, [&change](const YamlMember& member) { return member.key == change.key; });
        else if (old != nullptr)
            mergeYaml(*old, change.value);
        else
            target.members.push_back(change);
    }
}

const YamlNode* findPath(const YamlNode& root, std::string_view path) noexcept {
    const YamlNode* node = &root;
    for (std::size_t begin = 0; node != nullptr && begin <= path.size();) {
        const std::size_t end = std::min(path.find('.', begin), path.size());
        node = node->find(path.substr(begin, end - begin));
        begin = end + 1;
    }
    return node;
}

}  // namespace gw::config
