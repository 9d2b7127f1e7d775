#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace gw::plugin_host {

/// What stands behind gwp.kv/1. Values expire after their ttl (0: never). Each answer comes exactly once, on any
/// thread, also before the function returns. [any]
class KeyValueStore {
public:
    enum class Outcome : std::uint8_t { Done, Absent, Exists, TooLarge, NotANumber, Unavailable };
    struct Answer {
        Outcome outcome = Outcome::Done;
        std::string value;
        std::int64_t number = 0;
    };
    using Done = std::function<void(Answer)>;
    struct Write {
        std::string value;
        std::chrono::milliseconds ttl{0};
        bool only_if_absent = false;
    };

    virtual ~KeyValueStore() = default;
    virtual void get(const std::string& key, Done done) = 0;
    virtual void set(const std::string& key, Write write, Done done) = 0;
    virtual void increment(const std::string& key, std::int64_t by, std::chrono::milliseconds ttl, Done done) = 0;
    virtual void remove(const std::string& key, Done done) = 0;
};

/// In this process alone, at most so many bytes: what was not used for longest goes first. [any]
class MemoryStore final : public KeyValueStore {
public:
    MemoryStore(const Clock& clock, std::size_t max_bytes, std::size_t max_value = 1u << 20)
        : clock_(clock), max_bytes_(max_bytes), max_value_(max_value) {}

    void get(const std::string& key, Done done) override;
    void set(const std::string& key, Write write, Done done) override;
    void increment(const std::string& key, std::int64_t by, std::chrono::milliseconds ttl, Done done) override;
    void remove(const std::string& key, Done done) override;
    [[nodiscard]] std::size_t bytes() const;

private:
    struct Entry {
        std::string value;
        MonoTime expires = MonoTime::max();
        std::list<const std::string*>::iterator age;
    };
    using Entries = std::map<std::string, Entry, std::less<>>;

    [[nodiscard]] Entries::iterator live(const std::string& key);
    void store(const std::string& key, std::string value, std::chrono::milliseconds ttl);
    void erase(Entries::iterator entry);
    [[nodiscard]] Answer add(const std::string& key, std::int64_t by, std::chrono::milliseconds ttl);
    [[nodiscard]] static std::size_t costOf(const std::string& key, const std::string& value) noexcept;

    const Clock& clock_;
    std::size_t max_bytes_, max_value_;
    mutable std::mutex mutex_;
    Entries entries_;
    std::list<const std::string*> ages_;  // keys of entries_, the longest unused first
    std::size_t bytes_ = 0;
};

}  // namespace gw::plugin_host
