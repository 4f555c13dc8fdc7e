#include "daemon/exchange/answer.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <utility>

#include <boost/json/object.hpp>
#include <boost/json/parser.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/serializer.hpp>
#include <boost/json/value.hpp>
#include <curl/curl.h>
#include <fmt/format.h>

#include "libclient/protocol/json.hpp"

namespace jeton::exchange {
namespace {

namespace json = boost::json;

constexpr std::int64_t seconds_max = INT32_MAX;     ///< 68 years; more is nonsense
constexpr std::int64_t date_max = 253'402'300'799;  ///< the end of the year 9999; the vault takes no later one
constexpr std::size_t description_limit = 1024;
constexpr std::size_t depth_limit = 16;
constexpr std::size_t chance_limit = 8;  ///< characters; a shorter secret may stand in any token by chance
constexpr std::array granted_texts{"access_token", "token_type", "scope"};

std::optional<std::int64_t> digits(std::string_view text) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number >= 0 && number <= seconds_max ? std::optional{number} : std::nullopt;
}

/// 900, "900" and 900.0 are 900; -1, 1e99, "soon" and null are nothing.
std::optional<std::int64_t> seconds_of(const json::value& value) {
    if (const auto* text = value.if_string()) return digits({text->data(), text->size()});
    if (const auto* real = value.if_double()) {
        if (!(*real >= 0) || *real > static_cast<double>(seconds_max)) return std::nullopt;
        return static_cast<std::int64_t>(std::floor(*real));
    }
    boost::system::error_code ec;
    const auto number = value.to_number<std::int64_t>(ec);
    return !ec && number >= 0 && number <= seconds_max ? std::optional{number} : std::nullopt;
}

/// RFC 6749 appendix A: a token is made of printable ASCII; nothing else may get near a header.
bool is_token(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= 0x20 && c <= 0x7e; });
}

/// A text for people, without what repeats the secret, without control characters, of bounded length.
std::optional<std::string> plain(std::string_view text, std::string_view secret) {
    if (!secret.empty() && text.find(secret) != std::string_view::npos) return std::nullopt;
    std::string clean;
    for (const char c : text.substr(0, description_limit)) clean.push_back(c >= 0x20 && c <= 0x7e ? c : '?');
    return clean;
}

/// The body as an object; nothing where it is none. Duplicate members: the last counts, it is the endpoint's own word.
std::optional<json::object> object_of(std::string_view body) {
    json::parse_options options;
    options.max_depth = depth_limit;
    json::parser parser(protocol::wiped_storage(), options);
    parser.reset(protocol::wiped_storage());
    boost::system::error_code ec;
    parser.write(body.data(), body.size(), ec);
    if (ec) return std::nullopt;
    auto value = parser.release();
    auto* object = value.if_object();
    if (object == nullptr) return std::nullopt;
    return std::move(*object);
}

/// The text of a member; null where it has none.
const json::string* text_in(const json::object& received, const char* name) {
    const auto* value = received.if_contains(name);
    return value == nullptr ? nullptr : value->if_string();
}

json::object known_members(const json::object& received, std::string_view secret) {
    json::object known(protocol::wiped_storage());
    for (const auto* const name : granted_texts) {
        const auto* text = text_in(received, name);
        if (text != nullptr && is_token({text->data(), text->size()})) known[name] = *text;
    }
    for (const auto* const name : {"error", "error_description"}) {
        const auto* text = text_in(received, name);
        if (text == nullptr) continue;
        if (const auto clean = plain({text->data(), text->size()}, secret)) known[name] = *clean;
    }
    if (const auto* life = received.if_contains("expires_in")) {
        if (const auto seconds = seconds_of(*life)) known["expires_in"] = *seconds;
    }
    return known;
}

/// What is granted is handed to programs, shown and written down: none of them may hold a client secret.
bool grants_the_secret(const json::object& received, std::string_view secret) {
    if (secret.size() < chance_limit) return false;
    return std::ranges::any_of(granted_texts, [&](const char* name) {
        const auto* text = text_in(received, name);
        return text != nullptr && std::string_view{*text}.find(secret) != std::string_view::npos;
    });
}

/// Serialised by hand-over into one reserved text: no half-grown copies of a token stay behind.
std::string text_of(const json::object& object) {
    json::serializer serializer;
    serializer.reset(&object);
    std::string text;
    text.reserve(4096);
    while (!serializer.done()) {
        std::array<char, 4096> part;
        const auto piece = serializer.read(part.data(), part.size());
        if (text.size() + piece.size() > text.capacity()) {
            std::string larger;
            larger.reserve(4 * text.capacity());
            larger.append(text);
            protocol::wipe(text);
            text = std::move(larger);
        }
        text.append(piece.data(), piece.size());
        explicit_bzero(part.data(), part.size());
    }
    return text;
}

}  // namespace

std::string frame_of_answer(std::int64_t id, const HttpAnswer& answer, std::string_view host, std::string_view secret,
                            std::int64_t now) {
    if (answer.status >= 300 && answer.status < 400) {
        return frame_of_failure(
            id, fmt::format("{} sends us elsewhere (HTTP {}); a redirect is not followed", host, answer.status));
    }
    const auto received = object_of(answer.body);
    if (!received && answer.status < 400) {
        return frame_of_failure(id, fmt::format("the answer of {} (HTTP {}) is no JSON object", host, answer.status));
    }
    if (received && grants_the_secret(*received, secret)) {
        return frame_of_failure(id, fmt::format("what {} grants repeats the client secret, and is not taken", host));
    }
    json::object frame(protocol::wiped_storage());
    frame["id"] = id;
    frame["status"] = answer.status;
    frame["json"] = received ? known_members(*received, secret) : json::object(protocol::wiped_storage());
    if (received && answer.status < 400 && received->contains("access_token") &&
        !frame["json"].as_object().contains("access_token")) {
        return frame_of_failure(id, fmt::format("the access token in the answer of {} is not printable text", host));
    }
    const auto date = read_date(answer.date);
    if (date) frame["date"] = *date;
    if (const auto wait = read_retry_after(answer.retry_after, date.value_or(now))) frame["retry_after"] = *wait;
    return text_of(frame);
}

std::string frame_of_ending() { return R"({"event":"ending"})"; }

std::string frame_of_failure(std::int64_t id, std::string_view why) {
    return json::serialize(json::object{{"id", id}, {"failure", json::string_view{why.data(), why.size()}}});
}

std::string frame_of_own_failure(std::int64_t id, std::string_view why) {
    return json::serialize(
        json::object{{"id", id}, {"failure", json::string_view{why.data(), why.size()}}, {"own", true}});
}

std::optional<std::int64_t> read_date(const std::string& text) {
    if (text.empty() || text.find('\0') != std::string::npos) return std::nullopt;
    const auto seconds = curl_getdate(text.c_str(), nullptr);
    return seconds < 0 || seconds > date_max ? std::nullopt : std::optional<std::int64_t>{seconds};
}

std::optional<std::int64_t> read_retry_after(const std::string& text, std::int64_t now) {
    if (text.empty()) return std::nullopt;
    if (std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; })) return digits(text);
    const auto at = read_date(text);
    if (!at || *at - now > seconds_max) return std::nullopt;
    return std::max<std::int64_t>(0, *at - now);
}

}  // namespace jeton::exchange
