#pragma once
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "auth/principal.h"
#include "base/clock.h"
#include "io/task.h"
#include "storage/store.h"

namespace gw::auth {

struct AuthenticatorOptions {
    std::chrono::seconds fresh{30};    // a cached key is asked of the database again after this
    std::chrono::seconds stale{300};   // how long a known key keeps working without a database
    std::size_t cached_keys = 50'000;  // beyond, the cache starts anew
};

/// API key -> Principal, from a cache keyed by the key's full hash, else from the database. A key that is known keeps
/// working through an outage of the database; an unknown one gets 503 then, never 401. [any]
class Authenticator {
public:
    /// `store` and `clock` must outlive this.
    Authenticator(storage::Store& store, const Clock& clock, AuthenticatorOptions options)
        : store_(store), clock_(clock), options_(options) {}

    /// Throws Error(Unauthenticated) for no, unknown, expired or revoked credentials. [loop]
    [[nodiscard]] io::Task<std::shared_ptr<const Principal>> authenticate(std::string_view credential);
    /// The cached principal while it is fresh, so that the common request makes no coroutine; null: authenticate().
    [[nodiscard]] std::shared_ptr<const Principal> cached(std::string_view credential);

    /// What was changed or revoked must be asked of the database again at once.
    void forget(const std::string& key_hash);
    void forgetAll();

    /// Last uses of keys since the last call, for the recorder to write down in one go.
    [[nodiscard]] std::vector<std::pair<KeyId, WallTime>> takeLastUses();

private:
    struct Known {
        std::shared_ptr<const Principal> principal;
        MonoTime asked;
        WallTime expires;  // max(): never
    };
    [[nodiscard]] std::shared_ptr<const Principal> usable(const Known& known, std::chrono::seconds age) const;
    [[nodiscard]] std::shared_ptr<const Principal> findCached(const std::string& hash, std::chrono::seconds age);
    [[nodiscard]] std::optional<Known> load(storage::StoreSession& session, const std::string& hash) const;
    void remember(const std::string& hash, Known known);

    storage::Store& store_;
    const Clock& clock_;
    const AuthenticatorOptions options_;
    std::mutex mutex_;
    std::unordered_map<std::string, Known> known_;
    std::unordered_map<KeyId, WallTime> last_uses_;
};

}  // namespace gw::auth
