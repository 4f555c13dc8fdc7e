/// A connection's form fields in JSON: an object of texts, by name.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/vault/domain/form_field.hpp"
#include "daemon/vault/verbs/verb.hpp"

namespace jeton::vault::verbs {

[[nodiscard]] inline json::object form_field_view(const std::vector<std::string>& texts) {
    json::object view;
    for (const auto& field : form_fields_in(texts)) view[field.name] = field.value;
    return view;
}

/// Member `form_fields` of a body; nothing where it is absent. Refuses `bad_input` where a value is no text; whether
/// they may be sent at all is the services' to say.
[[nodiscard]] inline Result<std::optional<std::vector<FormField>>> form_fields_of(protocol::Fields& in) {
    const auto* object = in.object("form_fields");
    if (object == nullptr) return std::optional<std::vector<FormField>>{};
    std::vector<FormField> fields;
    for (const auto& member : *object) {
        const auto* text = member.value().if_string();
        if (text == nullptr) return bad_body("member \"form_fields\" must be an object of texts");
        fields.push_back({std::string{member.key().data(), member.key().size()}, {text->data(), text->size()}});
    }
    return std::optional{std::move(fields)};
}

}  // namespace jeton::vault::verbs
