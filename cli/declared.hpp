/// What `jeton apply` and `jeton export` speak of: kinds of objects, their fields, and what names an object.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/document.hpp"

namespace jeton::cli {

/// In the order in which they are made: each needs only kinds before it.
enum class Kind { scope, environment, tenant, app, connection, binding, role };
inline constexpr std::array all_kinds{Kind::scope,      Kind::environment, Kind::tenant, Kind::app,
                                      Kind::connection, Kind::binding,     Kind::role};

/// As it stands in a file, `[[environment]]`, and on the command line.
[[nodiscard]] std::string_view word_of(Kind kind);
[[nodiscard]] std::optional<Kind> kind_named(std::string_view word);

/// Values are JSON: a text, an array of texts, a truth value; a moment is its seconds since 1970.
enum class Type { text, texts, flag, moment };

/// What may become of a field's value.
enum class Change {
    names,    ///< it is what the object is known by
    changes,  ///< it may become different
    fixed,    ///< it is said when the object is made
};

struct Field {
    std::string_view name;  ///< as in the daemon's own documents
    Type type = Type::text;
    Change change = Change::changes;
    bool required = false;
    std::span<const std::string_view> of{};  ///< all values that there are; none: the daemon judges
};

/// All that an object of `kind` may have, in the order in which files have them.
[[nodiscard]] std::span<const Field> fields_of(Kind kind);

/// An object that is left out of is left as it is there, but what gives authority is said whole: a binding or a role
/// without an end has none.
[[nodiscard]] constexpr bool is_said_whole(Kind kind) { return kind == Kind::binding || kind == Kind::role; }

/// Where something stands; `line` 0: in no file.
struct Place {
    std::string file;
    std::int64_t line = 0;
};

/// One object as a file wants it. Fields that are left out are absent.
struct Declared {
    Kind kind{};
    json::object fields{};
    Place place{};
};

/// All that the files say.
struct Declarations {
    std::vector<Declared> objects;  ///< no two of the same name
    std::set<Kind> kinds;           ///< that are spoken of, be it by an empty list
};

/// One object as the daemon has it. Fields that are empty there are absent.
struct Present {
    Kind kind{};
    json::object fields{};
    std::string id{};     ///< of a binding
    std::string state{};  ///< of a connection; of a scope: `built-in` or `added`
    bool listed = true;   ///< of a connection: its app lists the tenant
    std::optional<std::int64_t> user_id{}, group_id{};
};

/// The member `name` as a text; empty if it is none.
[[nodiscard]] std::string text_of(const json::object& fields, std::string_view name);

/// "dispatcher/1@production", "dispatcher/1@production for user worker", "developer dispatcher for group developers".
[[nodiscard]] std::string name_of(Kind kind, const json::object& fields);

/// Two objects of one kind with the same key are the same.
[[nodiscard]] std::string key_of(Kind kind, const json::object& fields);
/// All keys by which `present` may be meant: users and groups have names and numbers.
[[nodiscard]] std::vector<std::string> keys_of(const Present& present);

/// The objects that one with these fields cannot be without: an app and a tenant of a connection, and so on.
[[nodiscard]] std::vector<std::pair<Kind, std::string>> needs_of(Kind kind, const json::object& fields);

/// "1234567" is "1234567@integration" (S36).
[[nodiscard]] std::string with_environment(const std::string& tenant);

}  // namespace jeton::cli
