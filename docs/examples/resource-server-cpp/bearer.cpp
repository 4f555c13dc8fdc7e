#include "bearer.hpp"

#include <algorithm>
#include <optional>

#include <boost/beast/core/string.hpp>

namespace example {
namespace {

Refused invalid_request(std::string_view description) {
    return {http::status::bad_request, "invalid_request", description, {}};
}

/// b64token (§2.1)
bool is_token(std::string_view text) {
    while (text.ends_with('=')) text.remove_suffix(1);
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
               std::string_view{"-._~+/"}.contains(c);
    });
}

std::string_view trimmed(std::string_view text) {
    while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
    while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
    return text;
}

std::optional<int> hexadecimal(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return std::nullopt;
}

std::string decoded(std::string_view text) {
    std::string plain;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const auto high = text[at] == '%' && at + 2 < text.size() ? hexadecimal(text[at + 1]) : std::nullopt;
        const auto low = high ? hexadecimal(text[at + 2]) : std::nullopt;
        plain += low ? static_cast<char>(*high * 16 + *low) : text[at];
        if (low) at += 2;
    }
    return plain;
}

/// Whether a query or a form has a parameter of that name, empty or not.
bool has_parameter(std::string_view form, std::string_view name) {
    while (!form.empty()) {
        const auto pair = form.substr(0, form.find('&'));
        if (decoded(pair.substr(0, pair.find('='))) == name) return true;
        form.remove_prefix(std::min(form.size(), pair.size() + 1));
    }
    return false;
}

bool is_form(const Request& request) {
    const std::string_view type = request[http::field::content_type];
    return boost::beast::iequals(trimmed(type.substr(0, type.find(';'))), "application/x-www-form-urlencoded");
}

bool has_token_elsewhere(const Request& request) {
    const std::string_view target = request.target();
    const auto query = target.find('?');
    return (query != std::string_view::npos && has_parameter(target.substr(query + 1), "access_token")) ||
           (is_form(request) && has_parameter(request.body(), "access_token"));
}

}  // namespace

std::string Refused::challenge() const {
    std::string text = R"(Bearer realm="example")";
    const auto add = [&](std::string_view name, std::string_view value) {
        if (!value.empty()) text.append(", ").append(name).append("=\"").append(value).append("\"");
    };
    add("error", error);
    add("error_description", description);
    add("scope", scope);
    return text;
}

Refused invalid_token(std::string_view description) {
    return {http::status::unauthorized, "invalid_token", description, {}};
}

std::string token_of(const Request& request) {
    if (request.count(http::field::authorization) > 1)
        throw invalid_request("there is more than one Authorization header");
    const auto presented = trimmed(request[http::field::authorization]);
    const auto space = std::min(presented.find(' '), presented.size());
    if (!boost::beast::iequals(presented.substr(0, space), "bearer"))
        throw Refused{http::status::unauthorized, {}, {}, {}};
    if (has_token_elsewhere(request)) throw invalid_request("there is a token in more than one place");
    const auto token = trimmed(presented.substr(space));
    if (!is_token(token)) throw invalid_request("Authorization is not Bearer, a space and a token");
    return std::string{token};
}

void require_scope(const json::object& claims, std::string_view scope) {
    auto granted = text_in(claims, "scope");
    while (!granted.empty()) {
        const auto one = granted.substr(0, granted.find(' '));
        if (one == scope) return;
        granted.remove_prefix(std::min(granted.size(), one.size() + 1));
    }
    throw Refused{http::status::forbidden, "insufficient_scope", "the token does not have the scope", scope};
}

std::string_view text_in(const json::object& object, std::string_view name) {
    const auto* value = object.if_contains(name);
    if (value == nullptr || !value->is_string()) return {};
    return value->get_string();
}

}  // namespace example
