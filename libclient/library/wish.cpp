#include "libclient/library/wish.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace jeton::library {
namespace {

using client::Fault;
using client::WipedText;

bool is_printable(std::string_view text) {
    return std::ranges::all_of(text, [](unsigned char c) { return c >= 0x20 && c < 0x7f; });
}

bool is_environment(std::string_view name) {
    return name.size() <= 63 && std::ranges::all_of(name, [](unsigned char c) {
               return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
           });
}

/// Only unreserved characters stay as they are (RFC 3986 §2.3).
void append_encoded(WipedText& form, std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                           std::string_view{"-._~"}.contains(c);
        const std::array<char, 3> code{'%', digits[byte >> 4U], digits[byte & 15U]};
        form.append(plain ? std::string_view{&c, 1} : std::string_view{code.data(), code.size()});
    }
}

void append_field(WipedText& form, std::string_view name, std::string_view value) {
    if (value.empty()) return;
    form.append("&");
    form.append(name);
    form.append("=");
    append_encoded(form, value);
}

/// Any spreading does: who asks chooses its own keys, and equal hashes are told apart. The words do not wait for each
/// other.
struct Spread {
    std::size_t sum = 0, place = odd;

    void add(std::string_view part) noexcept {
        place += 2;
        if (part.size() < sizeof sum) {
            for (const char c : part) add_word(static_cast<unsigned char>(c));
            return;
        }
        const char* const last = part.data() + (part.size() - sizeof sum);
        for (const char* at = part.data(); at < last; at += sizeof sum) add_word(word_at(at));
        add_word(word_at(last));  // overlaps the one before it
    }

private:
    static constexpr std::size_t odd = 0x9e3779b97f4a7c15U;

    void add_word(std::size_t word) noexcept { sum += word * (place += odd + 1); }
    static std::size_t word_at(const char* bytes) noexcept {
        std::size_t word = 0;
        std::memcpy(&word, bytes, sizeof word);
        return word;
    }
};

}  // namespace

client::Result<void> check(const Wish& wish) {
    using Named = std::pair<std::string_view, std::string_view>;
    for (const auto& [name, text] : {Named{"connection", wish.connection}, Named{"scope", wish.scope},
                                     Named{"resource", wish.resource}, Named{"rejected_token", wish.rejected_token}}) {
        const std::string named{name};
        if (text.size() > text_limit)
            return client::refuse(Fault::bad_request, named + " is longer than 16 KiB", "shorten it");
        if (!is_printable(text))
            return client::refuse(Fault::bad_request, named + " holds a character that is not printable ASCII",
                                  "look at what is put into it");
    }
    if (!is_environment(wish.environment)) {
        return client::refuse(Fault::bad_request, "environment is no name of an environment",
                              "its names have letters a to z, digits and -, 63 at most: jeton environment list");
    }
    if (!wish.connection.empty() && !wish.environment.empty()) {
        return client::refuse(Fault::bad_request, "both a connection and an environment are given",
                              "leave the environment out: the connection names its own");
    }
    if (wish.min_ttl > min_ttl_limit) {
        return client::refuse(Fault::bad_request, "min_ttl is more than 86400 seconds", "ask for less");
    }
    return {};
}

WishKey::WishKey(const Wish& wish)
    : hash_(hash(wish)),
      connection_(wish.connection),
      environment_(wish.environment),
      scope_(wish.scope),
      resource_(wish.resource) {}

std::size_t WishKey::hash(const Wish& wish) noexcept {
    Spread all;
    all.add(wish.connection);
    all.add(wish.scope);
    all.add(wish.environment);
    all.add(wish.resource);
    return all.sum ^ (all.sum >> 32U);
}

FlightKey::FlightKey(const Wish& wish) {
    for (const auto part : {wish.connection, wish.environment, wish.scope, wish.resource}) {
        text_.append(part) += '\0';  // the texts come from C: none holds one
    }
    text_ += std::to_string(wish.min_ttl) + '\0';
    // The token is put in last and into room that is there: text that moves leaves a copy of itself behind.
    text_.reserve(text_.size() + wish.rejected_token.size());
    text_.append(wish.rejected_token);
}

client::Request request_of(const Wish& wish) {
    client::Request request;
    request.method = "POST";
    request.target = wish.environment.empty() ? "/token" : "/" + std::string{wish.environment} + "/token";
    request.content_type = "application/x-www-form-urlencoded";
    request.body.append("grant_type=client_credentials");
    append_field(request.body, "connection", wish.connection);
    append_field(request.body, "scope", wish.scope);
    auto resources = wish.resource;
    while (!resources.empty()) {
        const auto one = resources.substr(0, resources.find(' '));
        append_field(request.body, "resource", one);
        resources.remove_prefix(std::min(one.size() + 1, resources.size()));
    }
    if (wish.min_ttl != 0) append_field(request.body, "min_ttl", std::to_string(wish.min_ttl));
    append_field(request.body, "rejected_token", wish.rejected_token);
    return request;
}

}  // namespace jeton::library
