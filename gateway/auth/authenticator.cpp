#include "auth/authenticator.h"

#include <optional>
#include <string>

#include "auth/api_key.h"
#include "base/error.h"
#include "storage/key_repository.h"
#include "storage/user_repository.h"

namespace gw::auth {
namespace {

/// One text for every reason, so that nobody learns which keys exist.
Error refused() {
    return Error(ErrorCode::Unauthenticated, "the API key is missing, unknown, expired or revoked");
}

/// Longer than any key of ours or an operator's own.
constexpr std::size_t kLongestCredential = 512;

Principal principalOf(const storage::ApiKey& key, const storage::User& user) {
    Principal principal{.user = user.id,
                        .key = key.id,
                        .key_prefix = key.prefix,
                        .role = parseRole(user.role).value_or(Role::User),
                        .scopes = {},
                        .models = key.models};
    const auto most = scopesOf(principal.role);
    if (key.scopes.empty()) principal.scopes = most;
    for (const auto& name : key.scopes)
        if (const auto scope = parseScope(name); scope && most.has(*scope)) principal.scopes.add(*scope);
    return principal;
}

}  // namespace

std::shared_ptr<const Principal> Authenticator::usable(const Known& known, std::chrono::seconds age) const {
    if (clock_.mono() - known.asked > age || known.expires <= clock_.wall()) return nullptr;
    return known.principal;
}

std::shared_ptr<const Principal> Authenticator::findCached(const std::string& hash, std::chrono::seconds age) {
    const std::scoped_lock lock(mutex_);
    const auto found = known_.find(hash);
    if (found == known_.end()) return nullptr;
    auto principal = usable(found->second, age);
    if (principal) last_uses_[principal->key] = clock_.wall();
    return principal;
}

std::shared_ptr<const Principal> Authenticator::cached(std::string_view credential) {
    if (credential.empty() || credential.size() > kLongestCredential) return nullptr;
    return findCached(keyHash(credential), options_.fresh);
}

io::Task<std::shared_ptr<const Principal>> Authenticator::authenticate(std::string_view credential) {
    if (credential.empty() || credential.size() > kLongestCredential) throw refused();
    const auto hash = keyHash(credential);
    if (auto principal = findCached(hash, options_.fresh)) co_return principal;
    std::optional<Known> known;
    std::optional<Error> outage;
    try {
        known = co_await store_.run([this, &hash](storage::StoreSession& session) { return load(session, hash); });
    } catch (const Error& error) {
        outage = error;
    }
    if (outage) {
        if (auto principal = findCached(hash, options_.stale)) co_return principal;
        throw Error(ErrorCode::Unavailable, "the API key cannot be checked now, try again later", outage->detail())
            .withRetryAfter(std::chrono::seconds(2));
    }
    if (!known || !usable(*known, options_.fresh)) {
        forget(hash);
        throw refused();
    }
    auto principal = known->principal;
    remember(hash, *std::move(known));
    co_return principal;
}

std::optional<Authenticator::Known> Authenticator::load(storage::StoreSession& session, const std::string& hash) const {
    const auto key = storage::KeyRepository(session).findByHash(hash);
    if (!key || key->revoked_at) return std::nullopt;
    const auto user = storage::UserRepository(session).get(key->user);
    if (!user || user->disabled) return std::nullopt;
    return Known{.principal = std::make_shared<const Principal>(principalOf(*key, *user)),
                 .asked = clock_.mono(),
                 .expires = key->expires_at.value_or(WallTime::max())};
}

void Authenticator::remember(const std::string& hash, Known known) {
    const std::scoped_lock lock(mutex_);
    if (known_.size() >= options_.cached_keys) known_.clear();
    last_uses_[known.principal->key] = clock_.wall();
    known_[hash] = std::move(known);
}

void Authenticator::forget(const std::string& key_hash) {
    const std::scoped_lock lock(mutex_);
    known_.erase(key_hash);
}

void Authenticator::forgetAll() {
    const std::scoped_lock lock(mutex_);
    known_.clear();
}

std::vector<std::pair<KeyId, WallTime>> Authenticator::takeLastUses() {
    const std::scoped_lock lock(mutex_);
    std::vector<std::pair<KeyId, WallTime>> uses(last_uses_.begin(), last_uses_.end());
    last_uses_.clear();
    return uses;
}

}  // namespace gw::auth
