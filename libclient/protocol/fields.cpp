#include "libclient/protocol/fields.hpp"

#include <algorithm>

namespace jeton::protocol {
namespace {

/// A name that could be one of ours is repeated, so that a misspelt one is found; anything else could be a secret.
std::string unknown_member(std::string_view key) {
    const bool could_be_ours =
        key.size() <= 40 && std::ranges::all_of(key, [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
    if (!could_be_ours) return "a member is not known here: names are made of a to z and _";
    return "member \"" + std::string{key} + "\" is not known here";
}

}  // namespace

Fields::Fields(const json::value& body) : object_(body.if_object()) {
    if (object_ == nullptr) problem_ = "the body must be a JSON object";
}

const json::value* Fields::find(std::string_view name) {
    known_.emplace(name);
    if (object_ == nullptr) return nullptr;
    const auto* value = object_->if_contains(json::string_view{name.data(), name.size()});
    return value == nullptr || value->is_null() ? nullptr : value;
}

const json::value* Fields::require(std::string_view name) {
    const auto* value = find(name);
    if (value == nullptr) fail(name, "is missing");
    return value;
}

void Fields::fail(std::string_view name, std::string_view what) {
    if (!problem_) problem_ = "member \"" + std::string{name} + "\" " + std::string{what};
}

std::string Fields::text(std::string_view name) { return std::string{secret(name)}; }

std::string Fields::text_or(std::string_view name, std::string_view fallback) {
    return optional_text(name).value_or(std::string{fallback});
}

std::optional<std::string> Fields::optional_text(std::string_view name) {
    const auto* value = find(name);
    if (value == nullptr) return std::nullopt;
    if (const auto* text = value->if_string()) return std::string{text->data(), text->size()};
    fail(name, "must be a string");
    return std::nullopt;
}

std::vector<std::string> Fields::texts(std::string_view name) {
    std::vector<std::string> list;
    const auto* value = find(name);
    if (value == nullptr) return list;
    const auto* array = value->if_array();
    if (array == nullptr) {
        fail(name, "must be an array of strings");
        return list;
    }
    for (const auto& item : *array) {
        if (const auto* text = item.if_string()) {
            list.emplace_back(text->data(), text->size());
        } else {
            fail(name, "must be an array of strings");
        }
    }
    return list;
}

std::optional<std::int64_t> Fields::optional_integer(std::string_view name, std::int64_t low, std::int64_t high) {
    const auto* value = find(name);
    if (value == nullptr) return std::nullopt;
    boost::system::error_code ec;
    const auto number = value->to_number<std::int64_t>(ec);
    if (ec || value->is_double() || number < low || number > high) {
        fail(name, "must be an integer from " + std::to_string(low) + " to " + std::to_string(high));
        return std::nullopt;
    }
    return number;
}

std::int64_t Fields::integer(std::string_view name, std::int64_t low, std::int64_t high) {
    if (require(name) == nullptr) return low;
    return optional_integer(name, low, high).value_or(low);
}

std::optional<bool> Fields::optional_flag(std::string_view name) {
    const auto* value = find(name);
    if (value == nullptr) return std::nullopt;
    if (const auto* flag = value->if_bool()) return *flag;
    fail(name, "must be true or false");
    return std::nullopt;
}

bool Fields::flag(std::string_view name) { return optional_flag(name).value_or(false); }

const json::object* Fields::object(std::string_view name) {
    const auto* value = find(name);
    if (value == nullptr) return nullptr;
    if (const auto* found = value->if_object()) return found;
    fail(name, "must be an object");
    return nullptr;
}

const json::array* Fields::array(std::string_view name) {
    const auto* value = find(name);
    if (value == nullptr) return nullptr;
    if (const auto* found = value->if_array()) return found;
    fail(name, "must be an array");
    return nullptr;
}

std::string_view Fields::secret(std::string_view name) {
    if (require(name) == nullptr) return {};
    return optional_secret(name);
}

std::string_view Fields::optional_secret(std::string_view name) {
    const auto* value = find(name);
    if (value == nullptr) return {};
    if (const auto* text = value->if_string()) return {text->data(), text->size()};
    fail(name, "must be a string");
    return {};
}

std::optional<std::string> Fields::problem() const {
    if (problem_ || object_ == nullptr) return problem_;
    for (const auto& member : *object_) {
        const std::string_view key{member.key().data(), member.key().size()};
        if (!known_.contains(key)) return unknown_member(key);
    }
    return std::nullopt;
}

}  // namespace jeton::protocol
