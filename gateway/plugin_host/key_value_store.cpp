#include "plugin_host/key_value_store.h"

#include <charconv>
#include <utility>

namespace gw::plugin_host {

namespace {
constexpr std::size_t kEntryCost = 160;  // nodes and string headers, about
}

std::size_t MemoryStore::costOf(const std::string& key, const std::string& value) noexcept {
    return key.size() + value.size() + kEntryCost;
}

std::size_t MemoryStore::bytes() const {
    const std::lock_guard lock(mutex_);
    return bytes_;
}

MemoryStore::Entries::iterator MemoryStore::live(const std::string& key) {
    const auto found = entries_.find(key);
    if (found == entries_.end()) return found;
    if (found->second.expires <= clock_.mono()) {
        erase(found);
        return entries_.end();
    }
    ages_.splice(ages_.end(), ages_, found->second.age);
    return found;
}

void MemoryStore::erase(Entries::iterator entry) {
    bytes_ -= costOf(entry->first, entry->second.value);
    ages_.erase(entry->second.age);
    entries_.erase(entry);
}

void MemoryStore::store(const std::string& key, std::string value, std::chrono::milliseconds ttl) {
    if (const auto old = entries_.find(key); old != entries_.end()) erase(old);
    const std::size_t cost = costOf(key, value);
    while (!ages_.empty() && bytes_ + cost > max_bytes_) erase(entries_.find(*ages_.front()));
    const auto entry = entries_.emplace(key, Entry{}).first;
    entry->second.value = std::move(value);
    if (ttl.count() > 0) entry->second.expires = clock_.mono() + ttl;
    entry->second.age = ages_.insert(ages_.end(), &entry->first);
    bytes_ += cost;
}

void MemoryStore::get(const std::string& key, Done done) {
    Answer answer{Outcome::Absent, {}, 0};
    {
        const std::lock_guard lock(mutex_);
        if (const auto found = live(key); found != entries_.end()) answer = {Outcome::Done, found->second.value, 0};
    }
    done(std::move(answer));
}

void MemoryStore::set(const std::string& key, Write write, Done done) {
    Answer answer;
    {
        const std::lock_guard lock(mutex_);
        if (write.value.size() > max_value_ || costOf(key, write.value) > max_bytes_)
            answer.outcome = Outcome::TooLarge;
        else if (write.only_if_absent && live(key) != entries_.end())
            answer.outcome = Outcome::Exists;
        else
            store(key, std::move(write.value), write.ttl);
    }
    done(std::move(answer));
}

MemoryStore::Answer MemoryStore::add(const std::string& key, std::int64_t by, std::chrono::milliseconds ttl) {
    std::int64_t number = 0;
    const auto found = live(key);
    if (found != entries_.end()) {
        const std::string& text = found->second.value;
        const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
        if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return {Outcome::NotANumber, {}, 0};
    }
    if (__builtin_add_overflow(number, by, &number)) return {Outcome::TooLarge, {}, 0};
    if (found == entries_.end()) {
        store(key, std::to_string(number), ttl);  // an existing counter keeps the expiry it was created with
    } else {
        bytes_ -= found->second.value.size();
        found->second.value = std::to_string(number);
        bytes_ += found->second.value.size();
    }
    return {Outcome::Done, {}, number};
}

void MemoryStore::increment(const std::string& key, std::int64_t by, std::chrono::milliseconds ttl, Done done) {
    Answer answer;
    {
        const std::lock_guard lock(mutex_);
        answer = add(key, by, ttl);
    }
    done(std::move(answer));
}

void MemoryStore::remove(const std::string& key, Done done) {
    Answer answer{Outcome::Absent, {}, 0};
    {
        const std::lock_guard lock(mutex_);
        if (const auto found = live(key); found != entries_.end()) {
            erase(found);
            answer.outcome = Outcome::Done;
        }
    }
    done(std::move(answer));
}

}  // namespace gw::plugin_host
