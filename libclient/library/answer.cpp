#include "libclient/library/answer.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>

#include "libclient/protocol/ascii.hpp"
#include "libclient/protocol/json.hpp"
#include "libclient/protocol/words.hpp"

namespace jeton::library {
namespace {

namespace json = protocol::json;

constexpr std::uint64_t second = 1'000'000'000;                ///< nanoseconds
constexpr std::uint64_t longest_life = UINT64_C(31) * 86'400;  ///< seconds: what is told beyond it is cut

std::unexpected<Problem> unreadable(std::string what) {
    return refuse(JETON_E_ANSWER, "the daemon's answer cannot be used: " + std::move(what),
                  "check that jetond and libjeton are of the same release: jeton status");
}

bool is_one_word(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](unsigned char c) { return c > 0x20 && c < 0x7f; });
}

bool is_line(std::string_view text) {
    return std::ranges::all_of(text, [](unsigned char c) { return c >= 0x20 && c < 0x7f; });
}

std::optional<std::uint64_t> whole_number(std::string_view text) {
    std::uint64_t number = 0;
    const auto* end = text.data() + text.size();
    const auto [stop, problem] = std::from_chars(text.data(), end, number);
    if (text.empty() || problem != std::errc{} || stop != end) return std::nullopt;
    return number;
}

/// INSTANCE EPOCH SECONDS. Whatever does not look so says nothing: the token is good, but not to be kept.
void read_epoch(const client::Response& response, const Moment& asked, jeton_token& token) {
    auto rest = response.header(protocol::lower_case(protocol::epoch_header)).value_or("");
    std::array<std::string_view, 3> words;
    for (auto& word : words) {
        word = rest.substr(0, rest.find(' '));
        rest.remove_prefix(std::min(word.size() + 1, rest.size()));
    }
    const auto epoch = whole_number(words[1]);
    const auto seconds = whole_number(words[2]);
    if (!rest.empty() || !epoch || !seconds) return;
    token.decided = {page::instance_of(words[0]), *epoch};
    token.reuse_until = asked.boot + std::min(*seconds, longest_life) * second;
}

Result<TokenRef> read_token(const json::value& document, const client::Response& response, const Moment& asked) {
    const auto* life = document.as_object().if_contains("expires_in");
    const auto* seconds = life == nullptr ? nullptr : life->if_int64();
    const auto text = protocol::text_in(document, "access_token");
    const auto type = protocol::text_in(document, "token_type");
    if (!is_one_word(text)) return unreadable("it holds no token");
    if (!is_one_word(type)) return unreadable("it does not say of what type the token is");
    if (seconds == nullptr || *seconds < 0) return unreadable("it does not say how long the token lives");

    TokenRef made{new jeton_token};
    auto& token = made.unshared();
    token.text.assign(text);
    token.type.assign(type);
    token.scope.assign(protocol::text_in(document, "scope"));
    token.connection.assign(protocol::text_in(document, "connection"));
    if (const auto key = protocol::text_in(document, "app_key"); !key.empty()) token.app_key.emplace(key);
    for (const auto* told : {&token.scope, &token.connection}) {
        if (!is_line(*told)) return unreadable("a member holds a control character");
    }
    if (token.app_key && !is_line(*token.app_key)) return unreadable("a member holds a control character");
    const auto left = std::min(static_cast<std::uint64_t>(*seconds), longest_life);
    token.ends = asked.boot + left * second;
    token.ends_by_wall = asked.wall + static_cast<std::time_t>(left);
    read_epoch(response, asked, token);
    return made;
}

std::string next_of(std::string_view word, const Wish& wish, std::int64_t retry_after) {
    if (retry_after >= 0) {
        return "ask again in " + std::to_string(retry_after) + " s; jeton status says how the daemon is";
    }
    const auto connection = wish.connection.empty() ? std::string{"CONNECTION"} : std::string{wish.connection};
    if (word == "invalid_scope") return "ask for fewer scopes, or offer more: jeton app publish";
    if (word == "invalid_target") return "leave the resource out, or name one that the operator has registered";
    if (word == "invalid_request") return "name the connection: jeton binding list";
    return "jeton explain " + connection;
}

Result<TokenRef> read_refusal(const json::value& document, const client::Response& response, const Wish& wish) {
    const auto word = protocol::text_in(document, "error");
    const auto description = protocol::text_in(document, "error_description");
    if (!is_one_word(word) || !is_line(description)) {
        return unreadable("status " + std::to_string(response.status) + " without a reason");
    }
    const bool later = response.status == 503 || response.status == 429;
    const auto seconds = whole_number(response.header("retry-after").value_or(""));
    const auto retry_after = later && seconds ? static_cast<std::int64_t>(std::min(*seconds, longest_life)) : -1;
    auto refused = refuse(later ? JETON_E_UNAVAILABLE : JETON_E_REFUSED,
                          std::string{description.empty() ? word : description}, next_of(word, wish, retry_after));
    refused.error().word.assign(word);
    refused.error().retry_after = retry_after;
    return refused;
}

}  // namespace

Moment Moment::now() noexcept {
    std::timespec wall{};
    ::clock_gettime(CLOCK_REALTIME, &wall);
    return {page::boot_time(), wall.tv_sec};
}

Result<TokenRef> read_answer(const client::Response& response, const Wish& wish, const Moment& asked) {
    const auto document = protocol::parse_strict(response.body.view(), protocol::wiped_storage());
    if (!document || !document->is_object()) {
        return unreadable("status " + std::to_string(response.status) + ", and its body is no JSON object");
    }
    return response.status == 200 ? read_token(*document, response, asked) : read_refusal(*document, response, wish);
}

}  // namespace jeton::library
