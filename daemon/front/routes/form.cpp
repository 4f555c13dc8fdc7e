#include "daemon/front/routes/form.hpp"

#include <algorithm>
#include <set>

#include "libclient/protocol/json.hpp"

namespace jeton::front {
namespace {

int digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

std::optional<std::string> decode(std::string_view text, bool plus_is_space) {
    std::string plain;
    plain.reserve(text.size());  // never grows: no copy of a secret stays behind
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (c == '+' && plus_is_space) {
            c = ' ';
        } else if (c == '%') {
            if (text.size() - i < 3 || digit(text[i + 1]) < 0 || digit(text[i + 2]) < 0) return std::nullopt;
            c = static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
            i += 2;
        }
        if (c == '\0') return std::nullopt;
        plain.push_back(c);
    }
    if (!is_utf8(plain)) {
        protocol::wipe(plain);
        return std::nullopt;
    }
    return plain;
}

}  // namespace

bool is_utf8(std::string_view text) {
    const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
    const auto follows = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xbf) {
        return byte(i) >= low && byte(i) <= high;
    };
    for (std::size_t i = 0; i < text.size();) {
        const unsigned first = byte(i);
        if (first < 0x80) {
            i += 1;
        } else if (first >= 0xc2 && first <= 0xdf && follows(i + 1)) {
            i += 2;
        } else if (first >= 0xe0 && first <= 0xef &&
                   follows(i + 1, first == 0xe0 ? 0xa0 : 0x80, first == 0xed ? 0x9f : 0xbf) && follows(i + 2)) {
            i += 3;
        } else if (first >= 0xf0 && first <= 0xf4 &&
                   follows(i + 1, first == 0xf0 ? 0x90 : 0x80, first == 0xf4 ? 0x8f : 0xbf) && follows(i + 2) &&
                   follows(i + 3)) {
            i += 4;
        } else {
            return false;
        }
    }
    return true;
}

std::optional<std::string> form_decode(std::string_view text) { return decode(text, true); }
std::optional<std::string> path_decode(std::string_view text) { return decode(text, false); }

Form::~Form() {
    for (auto& parameter : parameters_) protocol::wipe(parameter.value);
}

Result<Form> Form::parse(std::string_view text) {
    Form form;
    const auto count = static_cast<std::size_t>(std::ranges::count(text, '&')) + 1;
    if (count > parameter_limit)
        return refuse(Errc::invalid_request, "there are more than 64 parameters", "send fewer");
    form.parameters_.reserve(count);
    while (!text.empty()) {
        const auto part = text.substr(0, text.find('&'));
        text.remove_prefix(std::min(text.size(), part.size() + 1));
        if (part.empty()) continue;
        const auto equals = part.find('=');
        auto name = form_decode(part.substr(0, equals));
        auto value = form_decode(equals == std::string_view::npos ? std::string_view{} : part.substr(equals + 1));
        if (!name || !value) {
            return refuse(Errc::invalid_request, "a parameter is not form-encoded",
                          "encode % as %25, + as %2B, & as %26");
        }
        form.parameters_.push_back({std::move(*name), std::move(*value)});
    }
    return form;
}

std::optional<std::string> Form::repeated(std::string_view repeatable) const {
    std::set<std::string_view> seen;
    for (const auto& parameter : parameters_) {
        if (!seen.insert(parameter.name).second && parameter.name != repeatable) return parameter.name;
    }
    return std::nullopt;
}

std::optional<std::string_view> Form::value(std::string_view name) const {
    for (const auto& parameter : parameters_) {
        if (parameter.name == name && !parameter.value.empty()) return parameter.value;
    }
    return std::nullopt;
}

}  // namespace jeton::front
