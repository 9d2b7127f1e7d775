#include "storage/user_repository.h"

#include "storage/columns.h"

namespace gw::storage {
namespace {

constexpr const char* kUsers = "users";

User readUser(Row& row) {
    RowReader reader(row);
    User user;
    user.id = UserId(reader.text("id"));
    user.username = reader.text("username");
    user.role = reader.text("role");
    user.email = reader.optionalText("email");
    user.disabled = reader.flag("disabled");
    user.created_at = reader.time("created_at");
    user.updated_at = reader.time("updated_at");
    return user;
}

std::optional<User> readUser(std::optional<Row> row) {
    return row ? std::optional(readUser(*row)) : std::nullopt;
}

}  // namespace

bool UserRepository::insert(const User& user) {
    return session_.insert(kUsers, {{"id", user.id.str()},
                                    {"username", user.username},
                                    {"role", user.role},
                                    {"email", orNull(user.email)},
                                    {"disabled", user.disabled},
                                    {"created_at", user.created_at},
                                    {"updated_at", user.updated_at}}) == Outcome::Done;
}

std::optional<User> UserRepository::get(const UserId& id) {
    return readUser(findOne(session_, kUsers, "", equals("id", id.str())));
}

std::optional<User> UserRepository::findByUsername(std::string_view username) {
    return readUser(findOne(session_, kUsers, "by_username", equals("username", std::string(username))));
}

bool UserRepository::update(const User& user) {
    return session_.update(kUsers, {{"id", user.id.str()}}, {},
                           {{"username", user.username},
                            {"role", user.role},
                            {"email", orNull(user.email)},
                            {"disabled", user.disabled},
                            {"updated_at", user.updated_at}}) == Outcome::Done;
}

ListPage<User> UserRepository::list(const PageRequest& page) {
    Query query;
    query.collection = kUsers;
    query.limit = page.limit;
    query.after = page.cursor;
    return readPage<User>(session_.find(query), [](Row& row) { return readUser(row); });
}

}  // namespace gw::storage
