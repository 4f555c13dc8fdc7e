#include "cli/consent.hpp"

#include <string_view>

namespace jeton::cli {
namespace {

void append(std::string& text, std::string_view before, const std::string& value) {
    if (value.empty()) return;
    if (!text.empty()) text += before;
    text += value;
}

}  // namespace

std::string consent_text(const json::value& consent) {
    auto text = field(consent, "source");
    append(text, " ", field(consent, "by"));
    append(text, " on behalf of ", field(consent, "on_behalf_of"));
    append(text, " at ", field(consent, "at"));
    append(text, ": ", field(consent, "reason"));
    return text;
}

std::string pauses_text(const json::value& pauses) {
    std::string text;
    for (const auto& pause : elements(pauses)) {
        auto one = field(pause, "role");
        append(one, " ", field(pause, "by"));
        append(one, " since ", field(pause, "at"));
        append(one, ": ", field(pause, "reason"));
        append(text, "; ", one);
    }
    return text;
}

}  // namespace jeton::cli
