#include "cli/form_fields.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "cli/text.hpp"
#include "libclient/protocol/ascii.hpp"

namespace jeton::cli {

Result<void> add_form_fields(json::object& body, const std::vector<std::string>& typed) {
    if (typed.empty()) return {};
    const bool takes_all_away = typed.size() == 1 && typed.front().empty();
    json::object fields;
    for (const std::string_view text : typed) {
        if (takes_all_away) break;
        const auto equals = text.find('=');
        if (equals == std::string_view::npos || equals == 0)
            return refuse_usage("a form field has the form NAME=VALUE", "--form-field tenant=1234567");
        const auto name = text.substr(0, equals);
        const auto value = text.substr(equals + 1);
        if (!fields.emplace(name, json::string_view{value.data(), value.size()}).second)
            return refuse_usage(fmt::format("the form field {} is given twice", printable(name)), "name it once");
    }
    body["form_fields"] = std::move(fields);
    return {};
}

std::optional<std::string> form_field_column(std::string_view name) {
    constexpr std::string_view head = "form_field.";
    if (name.size() <= head.size() || protocol::lower_case(name.substr(0, head.size())) != head) return std::nullopt;
    return std::string{name.substr(head.size())};
}

std::optional<FormFieldVariable> form_field_variable(std::string_view name) {
    constexpr std::string_view head = "FORM_FIELD_";
    std::string upper{name};
    std::ranges::transform(upper, upper.begin(),
                           [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
    const auto at = upper.find(head);
    if (at == std::string::npos || at + head.size() == name.size()) return std::nullopt;
    auto prefix = upper.substr(0, at);
    if (!prefix.empty() && !prefix.ends_with('_')) return std::nullopt;
    return FormFieldVariable{std::move(prefix), std::string{name.substr(at + head.size())}};
}

std::string form_fields_text(const json::value& connection) {
    const auto* fields = member(connection, "form_fields").if_object();
    if (fields == nullptr) return {};
    std::string text;
    for (const auto& one : *fields) {
        const std::string_view name{one.key().data(), one.key().size()};
        text += fmt::format("{}{}={}", text.empty() ? "" : ", ", printable(name),
                            field(member(connection, "form_fields"), name));
    }
    return text;
}

}  // namespace jeton::cli
