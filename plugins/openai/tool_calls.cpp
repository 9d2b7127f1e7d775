#include "tool_calls.h"

#include "instance.h"

namespace openai {

ToolCall* ToolCalls::findById(std::string_view id) const {
    for (ToolCall* call = first_; call != nullptr; call = call->next)
        if (call->id == id) return call;
    return nullptr;
}

ToolCall* ToolCalls::findByIndex(const ToolFragment& fragment) const {
    ToolCall* found = nullptr;  // the latest: where all are numbered alike, the earlier ones are over
    for (ToolCall* call = first_; call != nullptr; call = call->next)
        if (call->wire_index == fragment.index) found = call;
    const bool another = found != nullptr && !fragment.id.empty() && !fragment.name.empty() && !found->id.empty() &&
                         found->id != fragment.id;
    return another ? findById(fragment.id) : found;
}

ToolCall* ToolCalls::find(const ToolFragment& fragment) const {
    if (fragment.index >= 0) return findByIndex(fragment);
    if (!fragment.id.empty()) return findById(fragment.id);
    if (fragment.name.empty()) return last_;
    // Neither number nor id: a name that is told again continues the call, unless one chunk tells it twice.
    const bool repeated = last_ != nullptr && fragment.first_in_chunk && last_->name == fragment.name;
    return repeated ? last_ : nullptr;
}

ToolCall& ToolCalls::resolve(gwp_arena* arena, const ToolFragment& fragment) {
    if (ToolCall* known = find(fragment); known != nullptr) return *known;
    auto* call = make<ToolCall>(arena);
    call->block = last_ != nullptr ? last_->block + 1 : 0;
    call->wire_index = fragment.index;
    call->id = keep(arena, fragment.id);
    (last_ != nullptr ? last_->next : first_) = call;
    last_ = call;
    return *call;
}

}  // namespace openai
