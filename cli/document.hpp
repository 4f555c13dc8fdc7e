/// A JSON answer of the daemon: as it came, and as a tree. May hold a secret: both are wiped.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/failure.hpp"
#include "libclient/http/response.hpp"
#include "libclient/protocol/json.hpp"

namespace jeton::cli {

namespace json = boost::json;

struct Document {
    client::WipedText text;  ///< exactly the bytes of the daemon
    json::value tree;        ///< in wiped storage
    std::string next = {};   ///< where the listing goes on, `rel="next"` of its Link header; empty: nowhere
};

/// The answer's document; the daemon's refusal, or an answer that is no JSON document of ours, as a failure.
[[nodiscard]] Result<Document> read_document(client::Response response);

/// `tree` as text, in memory that is wiped.
[[nodiscard]] client::WipedText to_text(const json::value& tree);

/// The member `name` for a person: printable; numbers and truth values spelled out; empty for null, absent and the
/// rest.
[[nodiscard]] std::string field(const json::value& object, std::string_view name);

/// The member `name` as it is, without a copy: for tokens and secrets. Empty if it is no string.
[[nodiscard]] std::string_view raw_field(const json::value& object, std::string_view name);

/// The member `name` as a number; nothing if it is none.
[[nodiscard]] std::optional<std::int64_t> integer(const json::value& object, std::string_view name);

/// The member `name`, or JSON null.
[[nodiscard]] const json::value& member(const json::value& object, std::string_view name);

/// The elements of an array; none for anything else.
[[nodiscard]] const json::array& elements(const json::value& value);

/// The printable texts of the array `name`, with `between` between them.
[[nodiscard]] std::string joined(const json::value& object, std::string_view name, std::string_view between);

/// Adds `value` under `name` unless it is empty.
void add_text(json::object& body, std::string_view name, std::string_view value);

/// Adds `values` as an array under `name`, an empty one too.
void add_texts(json::object& body, std::string_view name, const std::vector<std::string>& values);

}  // namespace jeton::cli
