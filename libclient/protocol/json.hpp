/// JSON as all our sockets accept it: no duplicate member, integers only, depth ≤ 8, nothing after the document.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <boost/json/memory_resource.hpp>
#include <boost/json/storage_ptr.hpp>
#include <boost/json/value.hpp>
#include <boost/system/result.hpp>

namespace jeton::protocol {

namespace json = boost::json;

inline constexpr std::size_t json_depth_limit = 8;

/// Why a text is no acceptable JSON document; names the place, never the value.
struct JsonProblem {
    std::string what;
};

[[noreturn]] void throw_exception_from_error(const JsonProblem& problem, const boost::source_location& where);

/// Reads one whole document. `storage` is where the values live: `wiped_storage()` for anything that may hold a secret.
[[nodiscard]] boost::system::result<json::value, JsonProblem> parse_strict(std::string_view text,
                                                                           const json::storage_ptr& storage = {});

/// The member `name` of an object, without a copy. Empty where it is absent, no text, or `value` no object.
[[nodiscard]] std::string_view text_in(const json::value& value, std::string_view name);

/// Heap memory that is overwritten before it is given back. Thread-safe; lives for the whole process.
[[nodiscard]] json::storage_ptr wiped_storage();

/// Overwrites the characters of `text` and empties it.
void wipe(std::string& text) noexcept;

}  // namespace jeton::protocol
