#include "admin/key_admin.h"

#include <utility>

#include "auth/api_key.h"
#include "base/error.h"
#include "base/ids.h"

namespace gw::admin {
namespace {

Error noSuchKey() {
    return Error(ErrorCode::NotFound, "no such key");
}

auth::Scopes parseScopes(const std::vector<std::string>& names) {
    auth::Scopes scopes;
    for (const auto& name : names) {
        const auto scope = auth::parseScope(name);
        if (!scope) throw Error(ErrorCode::InvalidRequest, "unknown scope '" + name + "'").withParam("scopes");
        scopes.add(*scope);
    }
    return scopes;
}

}  // namespace

void KeyAdmin::apply(const auth::Principal& by, const KeyWishes& wishes, storage::ApiKey& key) const {
    if (wishes.name) key.name = *wishes.name;
    if (wishes.scopes) {
        if (!by.scopes.contains(parseScopes(*wishes.scopes)))
            throw Error(ErrorCode::Forbidden, "a key may not have scopes that its maker lacks").withParam("scopes");
        key.scopes = *wishes.scopes;
    }
    if (wishes.models) {
        for (const auto& model : *wishes.models)
            if (!by.mayUse(model))
                throw Error(ErrorCode::Forbidden, "a key may not use models that its maker may not use")
                    .withParam("models");
        key.models = *wishes.models;
    }
    if (wishes.expires_at) {
        if (*wishes.expires_at <= clock_.wall())
            throw Error(ErrorCode::InvalidRequest, "'expires_at' lies in the past").withParam("expires_at");
        key.expires_at = *wishes.expires_at;
    }
}

io::Task<KeyAdmin::Created> KeyAdmin::create(const auth::Principal& by, KeyWishes wishes) {
    by.require(auth::Scope::Keys);
    Created created{.key = {}, .secret = auth::newApiKey()};
    auto& key = created.key;
    const auto now = clock_.wall();
    key.id = KeyId(newId("key_", now));
    key.user = by.user;
    key.hash = auth::keyHash(created.secret.reveal());
    key.prefix = auth::keyPrefix(created.secret.reveal());
    key.scopes = auth::scopeNames(by.scopes);  // a child's rights are its maker's, spelt out: they do not grow later
    key.models = by.models;
    key.created_at = now;
    apply(by, wishes, key);
    const bool inserted = co_await store_.run(
        [&key](storage::StoreSession& session) { return storage::KeyRepository(session).insert(key); });
    if (!inserted) throw Error(ErrorCode::Conflict, "the key could not be stored, try again");
    co_return created;
}

io::Task<storage::ListPage<storage::ApiKey>> KeyAdmin::list(const auth::Principal& by, storage::PageRequest page) {
    by.require(auth::Scope::Keys);
    co_return co_await store_.run(
        [&](storage::StoreSession& session) { return storage::KeyRepository(session).list(by.user, page); });
}

io::Task<storage::ApiKey> KeyAdmin::get(const auth::Principal& by, KeyId id) {
    by.require(auth::Scope::Keys);
    auto key = co_await store_.run(
        [&](storage::StoreSession& session) { return storage::KeyRepository(session).get(by.user, id); });
    if (!key) throw noSuchKey();
    co_return *std::move(key);
}

io::Task<storage::ApiKey> KeyAdmin::update(const auth::Principal& by, KeyId id, KeyWishes wishes) {
    auto key = co_await get(by, id);
    apply(by, wishes, key);
    const bool found = co_await store_.run(
        [&key](storage::StoreSession& session) { return storage::KeyRepository(session).update(key); });
    if (!found) throw noSuchKey();
    authenticator_.forget(key.hash);
    co_return key;
}

io::Task<void> KeyAdmin::revoke(const auth::Principal& by, KeyId id) {
    const auto key = co_await get(by, id);
    const auto now = clock_.wall();
    const bool found = co_await store_.run(
        [&](storage::StoreSession& session) { return storage::KeyRepository(session).revoke(key.id, now); });
    if (!found) throw noSuchKey();
    authenticator_.forget(key.hash);
}

}  // namespace gw::admin
