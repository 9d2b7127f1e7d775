#pragma once
#include <gwp/base.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

/// What the C ABI calls gwp_arena: bump memory with a byte limit, for what a plugin makes during one exchange, one
/// transaction or one frame. Nothing is allocated until something is asked for. [thread of its owner]
struct gwp_arena {  // NOLINT(misc-non-private-member-variables-in-classes): the tag is the ABI's, the rest is private
public:
    static constexpr std::size_t kDefaultLimit = 32u << 20;

    explicit gwp_arena(std::size_t limit = kDefaultLimit) noexcept : limit_(limit) {}
    ~gwp_arena() { release(); }
    gwp_arena(const gwp_arena&) = delete;
    gwp_arena& operator=(const gwp_arena&) = delete;

    /// 16-byte aligned; null when the limit would be passed or memory is out.
    [[nodiscard]] void* allocate(std::uint64_t size) noexcept;
    /// A copy in the arena; null data when it does not fit.
    [[nodiscard]] std::string_view copy(std::string_view text) noexcept;
    /// Keeps `object` until reset(): for what needs a destructor. `bytes` count against the limit; false: over it.
    [[nodiscard]] bool keep(std::shared_ptr<const void> object, std::size_t bytes);
    /// Overwrites these bytes of the arena with zeros before they are given back.
    void wipeAtEnd(void* bytes, std::size_t size) { secrets_.push_back({bytes, size}); }
    /// Forgets everything; keeps one block for the next use.
    void reset() noexcept;
    [[nodiscard]] std::size_t used() const noexcept { return used_; }

private:
    struct Block {
        std::unique_ptr<std::byte[]> bytes;  // NOLINT(modernize-avoid-c-arrays): the size is known at run time
        std::size_t size = 0;
    };
    struct Range {
        void* begin;
        std::size_t size;
    };
    void release() noexcept;
    [[nodiscard]] bool grow(std::size_t size) noexcept;

    std::size_t limit_;
    std::size_t used_ = 0;
    std::byte* next_ = nullptr;
    std::size_t left_ = 0;
    std::vector<Block> blocks_;
    std::vector<Range> secrets_;
    std::vector<std::shared_ptr<const void>> kept_;
};

namespace gw::plugin_host {
using Arena = ::gwp_arena;
}  // namespace gw::plugin_host
