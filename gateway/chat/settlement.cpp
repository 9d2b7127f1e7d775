#include "chat/settlement.h"

#include <algorithm>
#include <chrono>

#include "base/ids.h"
#include "sessions/history_window.h"

namespace gw::chat {
namespace {

std::int64_t microsBetween(MonoTime from, MonoTime to) {
    return std::chrono::duration_cast<std::chrono::microseconds>(to - from).count();
}

/// Content without a told usage (a cut stream, a provider that tells none) is owed all the same.
bool estimate(const protocol::ChatRequest& request, AttemptResult& result) {
    if (result.usage.told() || result.content_bytes == 0) return false;
    result.usage.input = sessions::estimateTokens(request.document->text().size());
    result.usage.output = sessions::estimateTokens(result.content_bytes);
    return true;
}

}  // namespace

void Settlement::settle(const auth::Principal& principal, Incoming& incoming, const protocol::ChatRequest& request,
                        AttemptResult& result) {
    const bool estimated = estimate(request, result);
    incoming.input_tokens = result.usage.input;
    incoming.output_tokens = result.usage.output;
    const auto now = clock_.wall();
    recorder_.record(
        {.id = newId("use_", now),
         .request = incoming.request_id,
         .user = principal.user,
         .key = principal.key,
         .provider = result.provider,
         .model = result.model,
         .operation = incoming.operation == plugin_host::Operation::Embed ? "embeddings" : "chat",
         .outcome = result.client_gone ? "client_gone"
                    : result.error     ? std::string(codeName(result.error->code()))
                                       : "ok",
         .status = result.error ? httpStatus(result.error->code()) : 200,
         .usage = result.usage,
         .estimated = estimated,
         .ttft_us = result.first_content == MonoTime{} ? -1 : microsBetween(result.begun, result.first_content),
         .total_us = std::max<std::int64_t>(0, microsBetween(result.begun, result.ended)),
         .created_at = now});
}

}  // namespace gw::chat
