#include "plugin_host/arena.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

namespace {
constexpr std::size_t kAlignment = 16;
constexpr std::size_t kFirstBlock = 2048;
constexpr std::size_t kLargestStep = 256u << 10;
}  // namespace

void* gwp_arena::allocate(std::uint64_t size) noexcept {
    if (size > limit_ - used_) return nullptr;
    const std::size_t rounded = std::max<std::size_t>((size + kAlignment - 1) & ~(kAlignment - 1), kAlignment);
    if (rounded > limit_ - used_) return nullptr;
    if (rounded > left_ && !grow(rounded)) return nullptr;
    void* result = next_;
    next_ += rounded;
    left_ -= rounded;
    used_ += rounded;
    return result;
}

std::string_view gwp_arena::copy(std::string_view text) noexcept {
    auto* bytes = static_cast<char*>(allocate(text.size()));
    if (bytes == nullptr) return {};
    if (!text.empty()) std::memcpy(bytes, text.data(), text.size());
    return {bytes, text.size()};
}

bool gwp_arena::keep(std::shared_ptr<const void> object, std::size_t bytes) {
    if (bytes > limit_ - used_) return false;
    kept_.push_back(std::move(object));
    used_ += bytes;
    return true;
}

bool gwp_arena::grow(std::size_t size) noexcept {
    const std::size_t doubled = blocks_.empty() ? kFirstBlock : std::min(blocks_.back().size * 2, kLargestStep);
    const std::size_t wanted = std::max(size, doubled);
    try {
        Block block{std::unique_ptr<std::byte[]>(new std::byte[wanted]), wanted};  // NOLINT(modernize-avoid-c-arrays)
        blocks_.push_back(std::move(block));
    } catch (const std::bad_alloc&) {
        return false;
    }
    next_ = blocks_.back().bytes.get();  // operator new[] aligns to 16 on the 64-bit targets of the ABI
    left_ = wanted;
    return true;
}

void gwp_arena::release() noexcept {
    for (const Range& range : secrets_) {
        std::memset(range.begin, 0, range.size);
        asm volatile("" : : "r"(range.begin) : "memory");  // NOLINT(hicpp-no-assembler): keeps the wipe
    }
    secrets_.clear();
    kept_.clear();
}

void gwp_arena::reset() noexcept {
    if (used_ == 0 && kept_.empty()) return;
    release();
    if (blocks_.size() > 1) blocks_.erase(blocks_.begin() + 1, blocks_.end());
    used_ = 0;
    next_ = blocks_.empty() ? nullptr : blocks_.front().bytes.get();
    left_ = blocks_.empty() ? 0 : blocks_.front().size;
}
