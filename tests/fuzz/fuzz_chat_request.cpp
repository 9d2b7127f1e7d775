// links: protocol base
// A client's body: parsed by every door, every value of it read, and what we write of it must parse again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/error.h"
#include "protocol/json.h"
#include "protocol/native_codec.h"
#include "protocol/openai_codec.h"

namespace {

using namespace gw::protocol;

std::size_t walk(const JsonNode& node) {
    std::size_t sum = node.raw().size() + node.key().size() + node.str().size();
    sum += static_cast<std::size_t>(node.i64(0) & 1) + (node.num(0) > 0 ? 1 : 0);
    std::size_t i = 0;
    for (const JsonNode* child = node.first(); child != nullptr; child = child->next(), ++i) {
        if (node.item(i) != child) std::abort();
        if (node.is(JsonType::Object) && node.find(child->key()) == nullptr) std::abort();
        sum += walk(*child);
    }
    if (i != node.size()) std::abort();
    return sum;
}

void openAi(const std::string& body) {
    try {
        const ChatRequest request = parseChatRequest(body);
        static_cast<void>(lastUserText(request.document->root()));
    } catch (const gw::Error&) {
        static_cast<void>(body);
    }
    try {
        static_cast<void>(parseEmbeddingsRequest(body));
    } catch (const gw::Error&) {
        static_cast<void>(body);
    }
    try {
        const std::string encoded = encodeChatCompletion(parseChatCompletion(body), {});
        if (encodeChatCompletion(parseChatCompletion(encoded), {}) != encoded) std::abort();
    } catch (const gw::Error&) {
        static_cast<void>(body);
    }
}

void native(const std::string& body) {
    NativeChatRequest turn;
    try {
        turn = parseNativeChatRequest(body);
    } catch (const gw::Error&) {
        return;
    }
    const std::string request = encodeChatTurn({.model = "m",
                                                .system_prompt = turn.text,
                                                .history = {{"user", turn.content}},
                                                .content = turn.content,
                                                .session_config = turn.config,
                                                .config = turn.config,
                                                .stream = turn.stream});
    static_cast<void>(parseChatRequest(request));  // ours: must not throw
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string body(reinterpret_cast<const char*>(data), size);
    try {
        const JsonDocument document(body);
        static_cast<void>(walk(document.root()));
    } catch (const JsonError& error) {
        if (error.offset() > size) std::abort();
    }
    openAi(body);
    native(body);
    return 0;
}
