#include "auth/bootstrap.h"

#include <string>

#include "auth/api_key.h"
#include "base/error.h"
#include "base/ids.h"
#include "storage/key_repository.h"
#include "storage/user_repository.h"

namespace gw::auth {
namespace {

constexpr std::size_t kShortestKey = 32;
constexpr const char* kAdminName = "admin";
constexpr const char* kKeyName = "bootstrap";

storage::User ensureAdmin(storage::StoreSession& session, WallTime now) {
    storage::UserRepository users(session);
    if (auto admin = users.findByUsername(kAdminName)) return *admin;
    storage::User admin{.id = UserId(newId("usr_", now)),
                        .username = kAdminName,
                        .role = "admin",
                        .email = {},
                        .disabled = false,
                        .created_at = now,
                        .updated_at = now};
    if (!users.insert(admin)) throw Error(ErrorCode::Conflict, "another process is creating the administrator");
    return admin;
}

void revokeOldBootstrapKeys(storage::KeyRepository& keys, const UserId& admin, WallTime now) {
    storage::PageRequest page{.limit = 100, .cursor = {}};
    do {
        const auto found = keys.list(admin, page);
        for (const auto& key : found.items)
            if (key.name == kKeyName && !key.revoked_at) static_cast<void>(keys.revoke(key.id, now));
        page.cursor = found.next;
    } while (!page.cursor.empty());
}

void insertKey(storage::KeyRepository& keys, const UserId& admin, std::string_view key, WallTime now) {
    const storage::ApiKey row{.id = KeyId(newId("key_", now)),
                              .user = admin,
                              .name = kKeyName,
                              .hash = keyHash(key),
                              .prefix = keyPrefix(key),
                              .scopes = {},
                              .models = {},
                              .created_at = now,
                              .expires_at = {},
                              .revoked_at = {},
                              .last_used_at = {}};
    if (!keys.insert(row)) throw Error(ErrorCode::Conflict, "the administrator's key exists already");
}

}  // namespace

std::optional<Secret> bootstrapAdmin(storage::Store& store, const Secret& wanted, const Clock& clock) {
    if (!wanted.empty() && wanted.reveal().size() < kShortestKey)
        throw Error(ErrorCode::InvalidRequest, "GATEWAY_ADMIN_KEY must have at least 32 characters");
    std::optional<Secret> made;
    store.inTransaction([&](storage::StoreSession& session) {
        made.reset();
        const auto now = clock.wall();
        const auto admin = ensureAdmin(session, now);
        storage::KeyRepository keys(session);
        if (!wanted.empty()) {
            if (keys.findByHash(keyHash(wanted.reveal()))) return;  // known already, also when it was revoked
            revokeOldBootstrapKeys(keys, admin.id, now);
            insertKey(keys, admin.id, wanted.reveal(), now);
        } else if (keys.list(admin.id, {.limit = 1, .cursor = {}}).items.empty()) {
            made = newApiKey();
            insertKey(keys, admin.id, made->reveal(), now);
        }
    });
    return made;
}

}  // namespace gw::auth
