#include "cli/values.hpp"

#include <algorithm>
#include <charconv>
#include <ctime>

#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>
#include <fmt/format.h>

#include "cli/text.hpp"

namespace jeton::cli {
namespace {

bool is_alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

}  // namespace

Result<std::string> connection_path(std::string_view connection, std::string_view rest) {
    const auto slash = connection.find('/');
    const auto at = connection.rfind('@');
    const bool shaped = slash != std::string_view::npos && at != std::string_view::npos && slash > 0 &&
                        at > slash + 1 && at + 1 < connection.size() &&
                        connection.find('/', slash + 1) == std::string_view::npos;
    if (!shaped) {
        return refuse_usage(fmt::format("\"{}\" is no connection", printable(connection)),
                            "write APP/TENANT@ENVIRONMENT, for example dispatcher/1234567@production");
    }
    return fmt::format("/v1/connections/{}/{}{}", percent_encoded(connection.substr(0, slash)),
                       percent_encoded(connection.substr(slash + 1)), rest);
}

std::string percent_encoded(std::string_view text) {
    return boost::urls::encode({text.data(), text.size()}, boost::urls::unreserved_chars);
}

std::optional<std::int64_t> number_in(std::string_view text) {
    std::int64_t number = 0;
    const auto* end = text.data() + text.size();
    const auto [stop, problem] = std::from_chars(text.data(), end, number);
    if (problem != std::errc{} || stop != end) return std::nullopt;
    return number;
}

std::optional<std::int64_t> seconds_in(std::string_view text) {
    std::int64_t number = 0;
    const auto* end = text.data() + text.size();
    const auto [stop, problem] = std::from_chars(text.data(), end, number);
    if (problem != std::errc{} || number < 0 || number > 1'000'000'000) return std::nullopt;
    const std::string_view unit{stop, static_cast<std::size_t>(end - stop)};
    // A number alone was meant as days as often as as seconds.
    if (unit == "s" || (unit.empty() && number == 0)) return number;
    if (unit == "m") return number * 60;
    if (unit == "h") return number * 3'600;
    if (unit == "d") return number * 86'400;
    return std::nullopt;
}

std::string time_or_age(std::string_view text, std::int64_t now) {
    const auto age = seconds_in(text);
    return age ? rfc3339(now - *age) : std::string{text};
}

std::string rfc3339(std::int64_t moment) {
    const auto seconds = static_cast<std::time_t>(moment);
    std::tm parts{};
    if (::gmtime_r(&seconds, &parts) == nullptr) return {};
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                       parts.tm_hour, parts.tm_min, parts.tm_sec);
}

std::string shell_quoted(std::string_view value) {
    const auto bare = [](char c) { return is_alphanumeric(c) || std::string_view{"-._~/+=:@,%"}.contains(c); };
    if (!value.empty() && std::ranges::all_of(value, bare)) return std::string{value};
    std::string quoted = "'";
    for (const char c : value) {
        if (c == '\'') {
            quoted += "'\\''";
        } else {
            quoted += c;
        }
    }
    return quoted + "'";
}

}  // namespace jeton::cli
