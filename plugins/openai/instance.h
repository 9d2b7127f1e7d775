#pragma once
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "json_value.h"

namespace openai {

/// One configured provider: what to say to it and which of its quirks to expect. Immutable. [any]
class Instance {
public:
    explicit Instance(const gwp_create_args& args);

    [[nodiscard]] gwp_hctx* context() const { return context_; }
    [[nodiscard]] const gwp_svc_json* json() const { return json_; }
    [[nodiscard]] std::uint64_t features() const { return features_; }
    [[nodiscard]] bool usageInStream() const { return usage_in_stream_; }
    [[nodiscard]] bool thinkTag() const { return think_tag_; }

    /// Throws gwp::error on text that is not JSON.
    [[nodiscard]] Json parse(gwp_arena* arena, std::string_view text) const;
    /// The credential (as a placeholder that the host replaces) and the operator's own headers.
    void writeHeaders(gwp::request_writer out, gwp_arena* arena) const;

private:
    void readAuth(Json config);
    void readHeaders(Json config);
    void readQuirks(Json config);
    static std::uint64_t featuresWithout(Json lacks);

    gwp_hctx* context_;
    const gwp_svc_json* json_;
    const gwp_svc_secrets* secrets_;
    std::string key_name_;  // of the secret; empty: the server wants none
    std::string auth_header_ = "authorization", auth_prefix_ = "Bearer ";
    std::vector<std::pair<std::string, std::string>> headers_;
    std::uint64_t features_ = 0;
    bool usage_in_stream_ = true, think_tag_ = false;
};

/// Arena memory, or gwp::error when the host's limit is reached.
void* allocate(gwp_arena* arena, std::uint64_t size);
/// A value that lives as long as the arena and needs no destructor.
template <class T>
T* make(gwp_arena* arena) {
    static_assert(std::is_trivially_destructible_v<T>);
    return new (allocate(arena, sizeof(T))) T();  // NOLINT(cppcoreguidelines-owning-memory): the arena owns it
}
/// A copy that lives as long as the arena.
std::string_view keep(gwp_arena* arena, std::string_view text);

}  // namespace openai
