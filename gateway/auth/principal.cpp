#include "auth/principal.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/error.h"

namespace gw::auth {
namespace {

constexpr std::array<std::pair<Role, std::string_view>, 3> kRoles{
    {{Role::User, "user"}, {Role::Operator, "operator"}, {Role::Admin, "admin"}}};
constexpr std::array<std::pair<Scope, std::string_view>, 6> kScopes{{{Scope::Chat, "chat"},
                                                                     {Scope::Sessions, "sessions"},
                                                                     {Scope::Models, "models"},
                                                                     {Scope::Usage, "usage"},
                                                                     {Scope::Keys, "keys"},
                                                                     {Scope::Admin, "admin"}}};

template <class Table>
auto lookUp(const Table& table, std::string_view name) -> std::optional<decltype(table[0].first)> {
    const auto found = std::ranges::find(table, name, [](const auto& row) { return row.second; });
    if (found == table.end()) return std::nullopt;
    return found->first;
}

template <class Table, class Value>
std::string_view nameOf(const Table& table, Value value) {
    return std::ranges::find(table, value, [](const auto& row) { return row.first; })->second;
}

}  // namespace

std::optional<Role> parseRole(std::string_view name) {
    return lookUp(kRoles, name);
}
std::string_view roleName(Role role) {
    return nameOf(kRoles, role);
}
std::optional<Scope> parseScope(std::string_view name) {
    return lookUp(kScopes, name);
}

std::vector<std::string> scopeNames(Scopes scopes) {
    std::vector<std::string> names;
    for (const auto& [scope, name] : kScopes)
        if (scopes.has(scope)) names.emplace_back(name);
    return names;
}

Scopes scopesOf(Role role) {
    if (role == Role::Admin) return Scopes::all();
    Scopes scopes;
    for (const auto& row : kScopes)
        if (row.first != Scope::Admin) scopes.add(row.first);
    return scopes;
}

void Principal::require(Scope scope) const {
    if (!scopes.has(scope))
        throw Error(ErrorCode::Forbidden, "this key has no scope '" + std::string(nameOf(kScopes, scope)) + "'");
}

void Principal::requireRole(Role at_least) const {
    if (role < at_least)
        throw Error(ErrorCode::Forbidden, "this needs the role '" + std::string(roleName(at_least)) + "'");
}

bool Principal::mayUse(std::string_view model) const {
    return !models || std::ranges::find(*models, model) != models->end();
}

}  // namespace gw::auth
