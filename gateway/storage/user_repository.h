#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/strong_id.h"
#include "storage/list_page.h"
#include "storage/store.h"

namespace gw::storage {

struct User {
    UserId id;
    std::string username;  // unique, compared bytewise
    std::string role;      // "user", "operator", "admin"
    std::optional<std::string> email;
    bool disabled = false;
    WallTime created_at, updated_at;
};

/// [worker], inside the session's thread; `session` is borrowed.
class UserRepository {
public:
    explicit UserRepository(StoreSession& session) : session_(session) {}

    /// False: the name (or the id) is taken.
    [[nodiscard]] bool insert(const User& user);
    [[nodiscard]] std::optional<User> get(const UserId& id);
    [[nodiscard]] std::optional<User> findByUsername(std::string_view username);
    /// Writes everything but id and created_at. False: no such user, or the new name is taken.
    [[nodiscard]] bool update(const User& user);
    /// Oldest first.
    [[nodiscard]] ListPage<User> list(const PageRequest& page);

private:
    StoreSession& session_;
};

}  // namespace gw::storage
