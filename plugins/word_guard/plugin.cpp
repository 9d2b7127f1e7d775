#include <array>
#include <gwp/gwp.hpp>
#include <vector>

#include "masker.h"

namespace word_guard {

/// The text streams of one answer: reasoning and text of each choice are masked apart from each other.
struct Answer {
    struct Stream {
        std::uint32_t kind, choice;
        Masker masker;
    };
    std::vector<Stream> streams;

    Masker& of(const gwp_event& event) {
        for (Stream& stream : streams)
            if (stream.kind == event.kind && stream.choice == event.choice) return stream.masker;
        return streams.emplace_back(Stream{event.kind, event.choice, {}}).masker;
    }
};

/// Refuses questions with words from a list, and masks or refuses answers with them.
class Plugin : public gwp::middleware<Plugin, Answer> {
public:
    static constexpr std::string_view id = "gateway.word_guard", title = "Word guard";
    static constexpr std::array needs{gwp_str GWP_S(GWP_SVC_JSON)};
    static constexpr std::string_view schema = R"({
      "type": "object",
      "required": ["words"],
      "properties": {
        "words": {"type": "array", "items": {"type": "string", "minLength": 1}, "description": "What nobody may say"},
        "action": {"enum": ["mask", "refuse"], "default": "mask", "description": "What happens to answers"}
      }
    })";

    explicit Plugin(const gwp_create_args& args) : json_(gwp::service<gwp_svc_json>(args.hc, GWP_SVC_JSON)) {
        if (json_ == nullptr) throw gwp::error(GWP_E_UNSUPPORTED, "this host has no gwp.json/1");
        const auto config = gwp::json::parse(json_, args.hc, nullptr, gwp::sv(args.config_json));
        const auto words = config["/words"];
        for (std::uint64_t i = 0; i < words.size(); ++i) words_.add(words.item(i).str());
        refuse_ = config["/action"].str() == "refuse";
    }

    [[nodiscard]] std::uint32_t wants() const noexcept { return GWP_MW_WANT_REQUEST | GWP_MW_WANT_EVENTS; }

    gwp_status on_request(gwp::txn txn, Answer& /*answer*/) {
        const auto messages = gwp::json::parse(json_, hc, txn.arena(), txn.request())["/messages"];
        for (std::uint64_t i = 0; i < messages.size(); ++i)
            if (isGuarded(messages.item(i)["/content"])) throw refusal();
        return GWP_MW_PASS;
    }

    gwp_status on_event(gwp::txn /*txn*/, Answer& answer, const gwp_event& event, const gwp_event_sink& out) {
        if (event.kind == GWP_EV_FINISH) return onFinish(answer, event, out);
        if (event.kind != GWP_EV_TEXT && event.kind != GWP_EV_REASONING) return GWP_MW_PASS;
        Masker& masker = answer.of(event);
        const std::string clean = masker.feed(gwp::sv(event.text), words_);
        if (refuse_ && masker.found()) return GWP_MW_STOP;
        if (clean == gwp::sv(event.text)) return GWP_MW_PASS;
        say(event.kind, event.choice, clean, out);
        return GWP_MW_REPLACE;
    }

private:
    gwp_status onFinish(Answer& answer, const gwp_event& finish, const gwp_event_sink& out) {
        for (Answer::Stream& stream : answer.streams) {
            if (stream.choice != finish.choice) continue;
            const std::string rest = stream.masker.finish(words_);
            if (refuse_ && stream.masker.found()) return GWP_MW_STOP;
            say(stream.kind, stream.choice, rest, out);
        }
        gwp::check(out.emit(out.self, &finish));
        return GWP_MW_REPLACE;
    }

    static void say(std::uint32_t kind, std::uint32_t choice, std::string_view text, const gwp_event_sink& out) {
        if (text.empty()) return;
        const gwp_event event = gwp::text_event(kind, text, choice);
        gwp::check(out.emit(out.self, &event));
    }

    /// Content is a text, or parts of which some have a text.
    [[nodiscard]] bool isGuarded(gwp::json content) const {
        if (content.is_string()) return words_.isIn(content.str());
        for (std::uint64_t i = 0; content.is_array() && i < content.size(); ++i)
            if (words_.isIn(content.item(i)["/text"].str())) return true;
        return false;
    }

    static gwp::error refusal() {
        return {GWP_E_DENIED, "This is refused by the operator's content policy.", "content_policy_violation", 403, -1};
    }

    const gwp_svc_json* json_;
    WordList words_;
    bool refuse_ = false;
};

}  // namespace word_guard

GWP_MANIFEST(R"({"id":"gateway.word_guard","version":"1.0.0","abi":[1],"min_host_minor":0,)"
             R"("classes":[{"id":"gateway.word_guard","kind":"gwp.middleware/1","stage":500,"needs":["gwp.json/1"],)"
             R"("capabilities":[]}]})");
GWP_LIBRARY("gateway.word_guard", "1.0.0", "MIT", word_guard::Plugin)
