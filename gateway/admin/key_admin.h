#pragma once
#include <optional>
#include <string>
#include <vector>

#include "auth/authenticator.h"
#include "auth/principal.h"
#include "base/clock.h"
#include "base/secret.h"
#include "io/task.h"
#include "storage/key_repository.h"
#include "storage/store.h"

namespace gw::admin {

/// What a client may say of a key. Absent: as it is (or every right of its owner, at creation).
struct KeyWishes {
    std::optional<std::string> name;
    std::optional<std::vector<std::string>> scopes, models;
    std::optional<WallTime> expires_at;
};

/// API keys of a user: what may be created, seen, changed and revoked by whom. All [loop].
class KeyAdmin {
public:
    KeyAdmin(storage::Store& store, auth::Authenticator& authenticator, const Clock& clock)
        : store_(store), authenticator_(authenticator), clock_(clock) {}

    struct Created {
        storage::ApiKey key;
        Secret secret;  // shown once
    };
    /// A key never exceeds the one that makes it. Throws Error(InvalidRequest, Forbidden).
    [[nodiscard]] io::Task<Created> create(const auth::Principal& by, KeyWishes wishes);
    [[nodiscard]] io::Task<storage::ListPage<storage::ApiKey>> list(const auth::Principal& by,
                                                                    storage::PageRequest page);
    /// Throws Error(NotFound), also for another user's key.
    [[nodiscard]] io::Task<storage::ApiKey> get(const auth::Principal& by, KeyId id);
    [[nodiscard]] io::Task<storage::ApiKey> update(const auth::Principal& by, KeyId id, KeyWishes wishes);
    /// Works at once: the key is forgotten by the authenticator.
    [[nodiscard]] io::Task<void> revoke(const auth::Principal& by, KeyId id);

private:
    void apply(const auth::Principal& by, const KeyWishes& wishes, storage::ApiKey& key) const;
    storage::Store& store_;
    auth::Authenticator& authenticator_;
    const Clock& clock_;
};

}  // namespace gw::admin
