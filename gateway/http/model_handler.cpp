#include "http/model_handler.h"

#include <algorithm>

#include "http/credential.h"
#include "protocol/json_writer.h"
#include "protocol/openai_codec.h"

namespace gw::http {
namespace {

protocol::ModelEntry entryOf(const admin::ListedModel& model) {
    return {.id = model.id, .owned_by = model.provider.empty() ? "gateway" : model.provider, .created = model.created};
}

std::string encodeModels(const std::vector<admin::ListedModel>& models) {
    protocol::JsonWriter json;
    json.beginObject().key("data").beginArray();
    for (const auto& model : models)
        json.beginObject().field("id", model.id).field("provider", model.provider).endObject();
    json.endArray().key("next_cursor").null().endObject();
    return json.take();
}

std::string encodeProviders(const std::vector<admin::ListedProvider>& providers) {
    protocol::JsonWriter json;
    json.beginObject().key("data").beginArray();
    for (const auto& provider : providers) {
        json.beginObject().field("name", provider.name).field("class", provider.class_name);
        json.field("state", !provider.available ? "unavailable"
                            : provider.resting  ? "resting"
                                                : "healthy")
            .field("failures_in_a_row", static_cast<std::int64_t>(provider.failures));
        json.field("last_error", provider.last_error).field("models", static_cast<std::int64_t>(provider.models));
        json.field("models_known", provider.models_known).endObject();
    }
    json.endArray().key("next_cursor").null().endObject();
    return json.take();
}

}  // namespace

std::string ModelHandler::openAi(const auth::Principal& by, const Request& request) const {
    const auto models = models_.models(by);
    if (action_ == Action::OpenAiList) {
        std::vector<protocol::ModelEntry> entries;
        entries.reserve(models.size());
        for (const auto& model : models) entries.push_back(entryOf(model));
        return protocol::encodeModelList(entries);
    }
    const auto& wanted = request.parameters.at(0);
    const auto found = std::ranges::find_if(models, [&wanted](const admin::ListedModel& model) {
        return model.id == wanted || model.id.substr(model.id.find('/') + 1) == wanted;
    });
    if (found == models.end())
        throw Error(ErrorCode::ModelNotFound,
                    "the model '" + wanted + "' does not exist or you do not have access to it")
            .withParam("model");
    return protocol::encodeModel(entryOf(*found));
}

io::Task<void> ModelHandler::handle(Request& request, Response& response) {
    const auto by = co_await authenticate(authenticator_, request);
    by->require(auth::Scope::Models);
    std::string body;
    switch (action_) {
        case Action::OpenAiList:
        case Action::OpenAiGet: body = openAi(*by, request); break;
        case Action::List: body = encodeModels(models_.models(*by)); break;
        case Action::Providers: body = encodeProviders(models_.providers()); break;
    }
    co_await response.sendJson(200, body);
}

}  // namespace gw::http
