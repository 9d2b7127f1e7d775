#include "storage/key_repository.h"

#include "storage/columns.h"

namespace gw::storage {
namespace {

constexpr const char* kKeys = "api_keys";

ApiKey readKey(Row& row) {
    RowReader reader(row);
    ApiKey key;
    key.id = KeyId(reader.text("id"));
    key.user = UserId(reader.text("user_id"));
    key.name = reader.text("name");
    key.hash = reader.text("key_hash");
    key.prefix = reader.text("prefix");
    key.scopes = splitLines(reader.text("scopes"));
    if (const auto models = reader.optionalText("models")) key.models = splitLines(*models);
    key.created_at = reader.time("created_at");
    key.expires_at = reader.optionalTime("expires_at");
    key.revoked_at = reader.optionalTime("revoked_at");
    key.last_used_at = reader.optionalTime("last_used_at");
    return key;
}

std::optional<ApiKey> readKey(std::optional<Row> row) {
    return row ? std::optional(readKey(*row)) : std::nullopt;
}

Value modelsValue(const ApiKey& key) {
    return key.models ? Value(joinLines(*key.models)) : Value();
}

}  // namespace

bool KeyRepository::insert(const ApiKey& key) {
    return session_.insert(kKeys, {{"id", key.id.str()},
                                   {"user_id", key.user.str()},
                                   {"name", key.name},
                                   {"key_hash", key.hash},
                                   {"prefix", key.prefix},
                                   {"scopes", joinLines(key.scopes)},
                                   {"models", modelsValue(key)},
                                   {"created_at", key.created_at},
                                   {"expires_at", orNull(key.expires_at)},
                                   {"revoked_at", orNull(key.revoked_at)},
                                   {"last_used_at", orNull(key.last_used_at)}}) == Outcome::Done;
}

std::optional<ApiKey> KeyRepository::findByHash(std::string_view hash) {
    return readKey(findOne(session_, kKeys, "by_hash", equals("key_hash", std::string(hash))));
}

std::optional<ApiKey> KeyRepository::get(const UserId& user, const KeyId& id) {
    std::optional<ApiKey> key = get(id);
    if (key && key->user != user) key.reset();
    return key;
}

std::optional<ApiKey> KeyRepository::get(const KeyId& id) {
    return readKey(findOne(session_, kKeys, "", equals("id", id.str())));
}

ListPage<ApiKey> KeyRepository::list(const std::optional<UserId>& user, const PageRequest& page) {
    Query query;
    query.collection = kKeys;
    if (user) {
        query.index = "by_user";
        query.where.push_back(equals("user_id", user->str()));
    }
    query.limit = page.limit;
    query.after = page.cursor;
    query.descending = true;
    return readPage<ApiKey>(session_.find(query), [](Row& row) { return readKey(row); });
}

bool KeyRepository::update(const ApiKey& key) {
    return session_.update(kKeys, {{"id", key.id.str()}}, {},
                           {{"name", key.name},
                            {"scopes", joinLines(key.scopes)},
                            {"models", modelsValue(key)},
                            {"expires_at", orNull(key.expires_at)}}) == Outcome::Done;
}

bool KeyRepository::revoke(const KeyId& id, WallTime when) {
    const Outcome outcome =
        session_.update(kKeys, {{"id", id.str()}}, {{"revoked_at", Value()}}, {{"revoked_at", when}});
    return outcome == Outcome::Done || outcome == Outcome::Conflict;  // Conflict: revoked before
}

void KeyRepository::touchLastUsed(std::span<const std::pair<KeyId, WallTime>> uses) {
    for (const auto& [id, when] : uses) (void)session_.update(kKeys, {{"id", id.str()}}, {}, {{"last_used_at", when}});
}

}  // namespace gw::storage
