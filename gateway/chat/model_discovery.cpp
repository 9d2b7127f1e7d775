#include "chat/model_discovery.h"

#include <string>

#include "base/ids.h"
#include "chat/answer_sink.h"
#include "protocol/chat_aggregate.h"
#include "protocol/json.h"

namespace gw::chat {
namespace {

/// Gathers the models of a list.
class ModelSink final : public AnswerSink {
public:
    void start(const AnswerStart& /*start*/) override { models.clear(); }
    void onEvent(const protocol::ChatEvent& event) override {
        if (event.kind != protocol::EventKind::Model || event.id.empty()) return;
        routing::ModelEntry entry{.name = ModelName(event.id), .owner = {}, .created = 0};
        if (!event.json.empty()) read(event.json, entry);
        models.push_back(std::move(entry));
    }
    [[nodiscard]] bool readsOpenAiChat() const noexcept override { return false; }
    [[nodiscard]] bool wantsAggregate() const noexcept override { return false; }
    void mark() override {}
    void passThrough(std::string_view /*bytes*/, bool /*whole*/) override {}
    [[nodiscard]] io::Task<bool> flush() override { co_return true; }
    [[nodiscard]] bool begun() const noexcept override { return false; }
    [[nodiscard]] io::Task<void> finish(const protocol::ChatAggregate& /*aggregate*/) override { co_return; }

    std::vector<routing::ModelEntry> models;

private:
    static void read(std::string_view json, routing::ModelEntry& entry) {
        const protocol::JsonDocument document{std::string(json)};
        if (const auto* created = document.root().find("created")) entry.created = created->i64(0);
        if (const auto* owner = document.root().find("owned_by")) entry.owner = owner->str();
    }
};

}  // namespace

io::Task<std::vector<routing::ModelEntry>> discoverModels(Dispatcher& dispatcher, const Generation& generation,
                                                          ProviderName provider, io::Cancellation& cancellation) {
    Incoming incoming;
    incoming.operation = Operation::Models;
    incoming.request_id = RequestId(newId("req_", SystemClock().wall()));
    incoming.header = [](std::string_view) { return std::string_view(); };
    incoming.loop = io::EventLoop::current();
    incoming.cancellation = &cancellation;
    const protocol::ChatRequest nothing;
    const Dispatch dispatch{.incoming = incoming,
                            .request = nothing,
                            .generation = generation,
                            .candidates = {{provider, ModelName("")}},
                            .session_id = {},
                            .message_id = {}};
    ModelSink sink;
    const auto result = co_await dispatcher.send(dispatch, sink);
    if (result.error) throw Error(*result.error);
    co_return std::move(sink.models);
}

}  // namespace gw::chat
