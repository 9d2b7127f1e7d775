#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/strong_id.h"

namespace gw::auth {

enum class Role : std::uint8_t { User, Operator, Admin };

/// What a key may be used for; a key never exceeds its user.
enum class Scope : std::uint8_t { Chat = 1, Sessions = 2, Models = 4, Usage = 8, Keys = 16, Admin = 32 };

/// A set of scopes.
class Scopes {
public:
    constexpr Scopes() = default;
    [[nodiscard]] static constexpr Scopes all() { return Scopes(63); }
    constexpr void add(Scope scope) { bits_ |= static_cast<std::uint8_t>(scope); }
    [[nodiscard]] constexpr bool has(Scope scope) const { return (bits_ & static_cast<std::uint8_t>(scope)) != 0; }
    [[nodiscard]] constexpr bool contains(Scopes other) const { return (other.bits_ & ~bits_) == 0; }
    bool operator==(const Scopes&) const = default;

private:
    constexpr explicit Scopes(int bits) : bits_(static_cast<std::uint8_t>(bits)) {}
    std::uint8_t bits_ = 0;
};

[[nodiscard]] std::optional<Role> parseRole(std::string_view name);
[[nodiscard]] std::string_view roleName(Role role);
[[nodiscard]] std::optional<Scope> parseScope(std::string_view name);
/// The names of a set, in the order of the enum.
[[nodiscard]] std::vector<std::string> scopeNames(Scopes scopes);
/// What a role may do at most.
[[nodiscard]] Scopes scopesOf(Role role);

/// Who asks, and with which rights. Immutable once authenticated. [any]
struct Principal {
    UserId user;
    KeyId key;
    std::string key_prefix;  // the first characters of the key, for logs
    Role role = Role::User;
    Scopes scopes;
    std::optional<std::vector<std::string>> models;  // absent: every model

    /// Throws Error(Forbidden).
    void require(Scope scope) const;
    void requireRole(Role at_least) const;
    [[nodiscard]] bool mayUse(std::string_view model) const;
};

}  // namespace gw::auth
