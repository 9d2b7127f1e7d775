#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/strong_id.h"
#include "storage/list_page.h"
#include "storage/store.h"

namespace gw::storage {

struct ApiKey {
    KeyId id;
    UserId user;
    std::string name;
    std::string hash;    // SHA-256 of the key, lower-case hexadecimal; unique
    std::string prefix;  // for people to recognise it by
    std::vector<std::string> scopes;
    std::optional<std::vector<std::string>> models;  // absent: every model
    WallTime created_at;
    std::optional<WallTime> expires_at, revoked_at, last_used_at;
};

/// [worker], inside the session's thread; `session` is borrowed.
class KeyRepository {
public:
    explicit KeyRepository(StoreSession& session) : session_(session) {}

    /// False: the hash or the id exists.
    [[nodiscard]] bool insert(const ApiKey& key);
    [[nodiscard]] std::optional<ApiKey> findByHash(std::string_view hash);
    /// One user's key; another user's is absent.
    [[nodiscard]] std::optional<ApiKey> get(const UserId& user, const KeyId& id);
    /// Any user's key, for operators.
    [[nodiscard]] std::optional<ApiKey> get(const KeyId& id);
    /// Newest first, revoked ones included. Without `user`: everybody's.
    [[nodiscard]] ListPage<ApiKey> list(const std::optional<UserId>& user, const PageRequest& page);
    /// Writes name, scopes, models and expires_at. False: no such key.
    [[nodiscard]] bool update(const ApiKey& key);
    /// Idempotent: the first time stays. False: no such key.
    [[nodiscard]] bool revoke(const KeyId& id, WallTime when);
    /// Last uses in one go; keys that are gone are skipped. Run it in a transaction.
    void touchLastUsed(std::span<const std::pair<KeyId, WallTime>> uses);

private:
    StoreSession& session_;
};

}  // namespace gw::storage
