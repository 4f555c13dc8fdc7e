/// Table `bindings`: which local identity may fetch tokens of which connection. Every finder verifies what it reads;
/// throws Tampered, StoreFault.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "daemon/base/clock.hpp"
#include "daemon/vault/domain/binding.hpp"
#include "daemon/vault/domain/peer.hpp"
#include "daemon/vault/store/transaction.hpp"

namespace jeton::vault::bindings {

[[nodiscard]] std::optional<Binding> get(Transaction& tx, const BindingId& id);
/// Whose id begins so, two at most. Ids are of hexadecimal digits.
[[nodiscard]] std::vector<Binding> beginning_with(Transaction& tx, std::string_view id);
/// Bindings that may hold for a process of that user: for the user itself, and for any group or unit. Oldest first, as
/// the others.
[[nodiscard]] std::vector<Binding> candidates(Transaction& tx, std::int64_t uid);
/// Those of them that are defaults.
[[nodiscard]] std::vector<Binding> default_candidates(Transaction& tx, std::int64_t uid);
/// Those for the peer's user, groups and unit, in no order. Reads no others, however many there are.
[[nodiscard]] std::vector<Binding> defaults_for(Transaction& tx, const Peer& peer);
/// The first of them that `holds`, default or not.
[[nodiscard]] std::optional<Binding> first_for(Transaction& tx, const Peer& peer,
                                               const std::function<bool(const Binding&)>& holds);
/// Of kind `introspection`.
[[nodiscard]] std::vector<Binding> introspectors(Transaction& tx, const EnvironmentId& environment);
/// Of kind `connection`.
[[nodiscard]] std::vector<Binding> of_connection(Transaction& tx, const ConnectionId& connection);
/// Of kind `pattern`.
[[nodiscard]] std::vector<Binding> of_pattern(Transaction& tx, const AppId& app, const EnvironmentId& environment);
/// Patterns, and introspectors of the app's tokens alone.
[[nodiscard]] std::vector<Binding> of_app(Transaction& tx, const AppId& app);
/// Of any kind.
[[nodiscard]] std::vector<Binding> of_environment(Transaction& tx, const EnvironmentId& environment);
[[nodiscard]] std::vector<Binding> list(Transaction& tx);
/// How many there are; costs nothing.
[[nodiscard]] std::size_t count(Transaction& tx);
/// Of the kinds that are not for one connection.
[[nodiscard]] std::vector<Binding> of_no_connection(Transaction& tx);
/// Of any kind, those that name no user.
[[nodiscard]] std::vector<Binding> of_no_user(Transaction& tx);
/// The users that bindings name, each once. Not verified: for what decides about room alone.
[[nodiscard]] std::vector<std::int64_t> users(Transaction& tx);
/// Those of them for whom a binding holds in another PID namespace, too. Not verified.
[[nodiscard]] std::vector<std::int64_t> container_users(Transaction& tx);
/// Whether any binding asks for a group, or for a unit.
[[nodiscard]] bool any_for_group(Transaction& tx);
[[nodiscard]] bool any_for_unit(Transaction& tx);

/// Those that end behind `after` and not behind `last`. Not verified: for what is shown.
[[nodiscard]] std::int64_t count_ending(Transaction& tx, UtcSeconds after, UtcSeconds last);

}  // namespace jeton::vault::bindings
