#include "daemon/vault/domain/form_field.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace jeton::vault {
namespace {

constexpr std::array<std::string_view, 7> ours{"grant_type", "client_id",        "client_secret",        "scope",
                                               "resource",   "client_assertion", "client_assertion_type"};

bool is_name(std::string_view name) {
    return !name.empty() && name.size() <= form_field_name_limit && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
               c == '-';
    });
}

bool is_value(std::string_view value) {
    return !value.empty() && value.size() <= form_field_value_limit && std::ranges::none_of(value, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte < 0x20 || byte == 0x7f;
    });
}

Result<void> check(const FormField& field) {
    if (!is_name(field.name)) {
        return refuse(Errc::bad_input, "the name of a form field has 1 to 64 characters A-Z a-z 0-9 _ . -",
                      "write it as the token endpoint's documentation does: NAME=VALUE");
    }
    if (std::ranges::find(ours, field.name) != ours.end()) {
        return refuse(Errc::bad_input,
                      fmt::format("the form field {} is made by jeton itself: the pair is imported, scopes are the "
                                  "accepted version's",
                                  field.name),
                      "leave it out");
    }
    if (!is_value(field.value)) {
        return refuse(Errc::bad_input,
                      fmt::format("the value of the form field {} is empty, longer than {} bytes or holds control "
                                  "characters",
                                  field.name, form_field_value_limit),
                      "correct it; what is secret does not belong there");
    }
    return {};
}

}  // namespace

Result<std::vector<FormField>> checked_form_fields(std::vector<FormField> fields) {
    if (fields.size() > form_fields_limit) {
        return refuse(Errc::bad_input, fmt::format("more than {} form fields", form_fields_limit), "leave some out");
    }
    for (const auto& field : fields) {
        if (auto good = check(field); !good) return good.error();
    }
    std::ranges::sort(fields, {}, &FormField::name);
    const auto twice = std::ranges::adjacent_find(fields, {}, &FormField::name);
    if (twice != fields.end()) {
        return refuse(Errc::bad_input, fmt::format("the form field {} stands there twice", twice->name),
                      "name it once");
    }
    return fields;
}

std::vector<std::string> form_field_texts(const std::vector<FormField>& fields) {
    std::vector<std::string> texts;
    texts.reserve(fields.size());
    for (const auto& field : fields) texts.push_back(field.name + "=" + field.value);
    return texts;
}

std::vector<FormField> form_fields_in(const std::vector<std::string>& texts) {
    std::vector<FormField> fields;
    fields.reserve(texts.size());
    for (const auto& text : texts) {
        const auto equals = std::min(text.find('='), text.size());
        fields.push_back({text.substr(0, equals), text.substr(std::min(equals + 1, text.size()))});
    }
    return fields;
}

}  // namespace jeton::vault
