/// Reads the members of a JSON object by name and type; remembers the first problem and refuses members nobody asked
/// for.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "libclient/protocol/json.hpp"

namespace jeton::protocol {

/// `Fields in{body}; auto name = in.text("name"); …; if (auto problem = in.problem()) return bad_input(*problem);`
/// A getter that fails returns an empty value and records why. JSON null counts as absent. The object must outlive it.
class Fields {
public:
    explicit Fields(const json::value& body);

    [[nodiscard]] std::string text(std::string_view name);
    [[nodiscard]] std::string text_or(std::string_view name, std::string_view fallback);
    [[nodiscard]] std::optional<std::string> optional_text(std::string_view name);
    [[nodiscard]] std::vector<std::string> texts(std::string_view name);  ///< absent = empty
    [[nodiscard]] std::int64_t integer(std::string_view name, std::int64_t low, std::int64_t high);
    [[nodiscard]] std::optional<std::int64_t> optional_integer(std::string_view name, std::int64_t low,
                                                               std::int64_t high);
    [[nodiscard]] bool flag(std::string_view name);  ///< absent = false
    [[nodiscard]] std::optional<bool> optional_flag(std::string_view name);
    [[nodiscard]] const json::object* object(std::string_view name);  ///< absent = nullptr
    [[nodiscard]] const json::array* array(std::string_view name);    ///< absent = nullptr
    /// A view of a text that may be a secret: no copy is made.
    [[nodiscard]] std::string_view secret(std::string_view name);
    [[nodiscard]] std::string_view optional_secret(std::string_view name);  ///< absent = empty

    /// The first problem met, or a member that no getter named; names the member, never its value.
    [[nodiscard]] std::optional<std::string> problem() const;

private:
    const json::value* find(std::string_view name);
    const json::value* require(std::string_view name);
    void fail(std::string_view name, std::string_view what);

    const json::object* object_;
    std::set<std::string, std::less<>> known_;
    std::optional<std::string> problem_;
};

}  // namespace jeton::protocol
