#include "cli/exec_request.hpp"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "cli/base64.hpp"
#include "libclient/protocol/ascii.hpp"

namespace jeton::cli {
namespace {

constexpr std::string_view invalid_request = "invalid_request";
constexpr std::string_view invalid_client = "invalid_client";

/// A browser or a confused proxy is not the command.
constexpr std::array<std::string_view, 6> not_from_the_command{"origin", "sec-fetch-site",   "forwarded",
                                                               "via",    "x-forwarded-host", "x-forwarded-proto"};
constexpr std::array<std::string_view, 4> stand_once{"host", "content-length", "content-type", "authorization"};
constexpr std::array<std::string_view, 2> paths{"/connect/token", "/token"};

using protocol::is_token_character;
using protocol::is_value_character;
using protocol::lower_case;
using protocol::trimmed;
using protocol::whole_number;

int hexadecimal(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/// Nothing where `text` is not form-encoded (RFC 6749 appendix B).
std::optional<client::WipedText> decoded(std::string_view text) {
    client::WipedText plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (c == '+') {
            c = ' ';
        } else if (c == '%') {
            if (text.size() - i < 3 || hexadecimal(text[i + 1]) < 0 || hexadecimal(text[i + 2]) < 0)
                return std::nullopt;
            c = static_cast<char>(hexadecimal(text[i + 1]) * 16 + hexadecimal(text[i + 2]));
            i += 2;
        }
        if (c == '\0') return std::nullopt;
        plain.append({&c, 1});
    }
    return plain;
}

constexpr ServedRefusal unreadable_header{401, invalid_client, "the Authorization header is not a readable Basic pair",
                                          "WWW-Authenticate: Basic realm=\"jeton exec\"\r\n"};

std::optional<ServedRefusal> read_basic(std::string_view header, ServedCredentials& into) {
    const auto space = header.find(' ');
    if (space == std::string_view::npos || lower_case(header.substr(0, space)) != "basic") return unreadable_header;
    const auto pair = from_base64(trimmed(header.substr(space)));
    if (!pair) return unreadable_header;
    const auto colon = pair->view().find(':');
    if (colon == std::string_view::npos) return unreadable_header;
    auto client_id = decoded(pair->view().substr(0, colon));
    auto client_secret = decoded(pair->view().substr(colon + 1));
    if (!client_id || !client_secret) return unreadable_header;
    into.client_id = std::move(*client_id);
    into.client_secret = std::move(*client_secret);
    into.basic = true;
    return std::nullopt;
}

}  // namespace

void ServedRequest::refuse(ServedRefusal refusal) {
    refusal_ = refusal;
    state_ = State::refused;
}

void ServedRequest::feed(std::string_view bytes) {
    if (state_ == State::done && !bytes.empty()) {
        return refuse({400, invalid_request, "bytes follow the end of the request"});
    }
    if (state_ == State::refused || bytes.empty()) return;
    if (state_ == State::head) {
        head_.append(bytes);
        const auto end = head_.view().find("\r\n\r\n");
        if (std::min(end, head_.size()) > served_head_limit) {
            return refuse({431, invalid_request, "the header is longer than 16 KiB"});
        }
        if (end == std::string_view::npos) return;
        read_head(head_.view().substr(0, end + 2));
        if (state_ == State::refused) return;
        state_ = State::body;
        body_.append(head_.view().substr(end + 4));
        head_ = client::WipedText{};
    } else {
        body_.append(bytes);
    }
    if (body_.size() > *length_) return refuse({400, invalid_request, "bytes follow the end of the request"});
    if (body_.size() == *length_) state_ = State::done;
}

void ServedRequest::read_head(std::string_view head) {
    auto end = head.find("\r\n");
    if (!read_request_line(head.substr(0, end))) return;
    head.remove_prefix(end + 2);
    while (!head.empty()) {
        end = head.find("\r\n");
        if (!read_header(head.substr(0, end))) return;
        head.remove_prefix(end + 2);
    }
    (void)judge();
}

bool ServedRequest::read_request_line(std::string_view line) {
    const auto first = line.find(' '), last = line.rfind(' ');
    const auto fail = [this](ServedRefusal refusal) {
        refuse(refusal);
        return false;
    };
    if (first == std::string_view::npos || first == last || !std::ranges::all_of(line, is_value_character)) {
        return fail({400, invalid_request, "this is no HTTP request"});
    }
    if (line.substr(last + 1) != "HTTP/1.1") return fail({505, invalid_request, "only HTTP/1.1 is spoken here"});
    method_ = line.substr(0, first);
    path_ = line.substr(first + 1, last - first - 1);
    return true;
}

bool ServedRequest::read_header(std::string_view line) {
    const auto fail = [this](ServedRefusal refusal) {
        refuse(refusal);
        return false;
    };
    const auto colon = line.find(':');
    const auto name = lower_case(line.substr(0, colon));
    const auto value = colon == std::string_view::npos ? std::string_view{} : trimmed(line.substr(colon + 1));
    if (colon == std::string_view::npos || name.empty() || !std::ranges::all_of(name, is_token_character) ||
        !std::ranges::all_of(value, is_value_character)) {
        return fail({400, invalid_request, "a header line is malformed"});
    }
    if (names_.size() == served_header_count_limit) {
        return fail({431, invalid_request, "there are more than 64 header lines"});
    }
    if (std::ranges::find(stand_once, name) != stand_once.end() && std::ranges::find(names_, name) != names_.end()) {
        return fail({400, invalid_request, "a header that stands once stands twice"});
    }
    names_.push_back(name);
    if (name == "host") host_ = lower_case(value);
    if (name == "content-type") content_type_ = lower_case(trimmed(value.substr(0, value.find(';'))));
    if (name == "authorization") authorization_.append(value);
    if (name == "content-length") {
        length_ = whole_number(value);
        if (!length_) return fail({400, invalid_request, "the length is no number"});
    }
    return true;
}

/// Everything that can be said before the body.
bool ServedRequest::judge() {
    const auto fail = [this](ServedRefusal refusal) {
        refuse(refusal);
        return false;
    };
    const auto has = [this](std::string_view name) { return std::ranges::find(names_, name) != names_.end(); };
    if (std::ranges::any_of(not_from_the_command, has)) {
        return fail({403, invalid_request, "a browser or a proxy is not served"});
    }
    if (has("transfer-encoding") || has("expect") || has("upgrade")) {
        return fail({501, invalid_request, "send the form at once, with its Content-Length"});
    }
    if (host_ != fmt::format("127.0.0.1:{}", port_) && host_ != fmt::format("localhost:{}", port_)) {
        return fail({400, invalid_request, "the Host is not the one of the token URL"});
    }
    if (path_.contains('?')) return fail({400, invalid_request, "parameters stand in the form, never in the URL"});
    if (std::ranges::find(paths, path_) == paths.end()) {
        return fail({404, invalid_request, "nothing is here but the token URL, /connect/token"});
    }
    if (method_ != "POST") {
        return fail({405, invalid_request, "this endpoint answers POST only", "Allow: POST\r\n"});
    }
    if (!length_) return fail({411, invalid_request, "the Content-Length is missing"});
    if (*length_ > served_body_limit) return fail({413, invalid_request, "the form is longer than 64 KiB"});
    if (content_type_ != "application/x-www-form-urlencoded") {
        return fail({400, invalid_request, "the content type is not application/x-www-form-urlencoded"});
    }
    return true;
}

std::optional<ServedRefusal> read_served_credentials(std::string_view form, std::string_view authorization,
                                                     ServedCredentials& into) {
    std::set<std::string, std::less<>> seen;
    bool in_form = false;
    while (!form.empty()) {
        const auto part = form.substr(0, form.find('&'));
        form.remove_prefix(std::min(part.size() + 1, form.size()));
        if (part.empty()) continue;
        const auto equals = std::min(part.find('='), part.size());
        const auto name = decoded(part.substr(0, equals));
        auto value = decoded(part.substr(std::min(equals + 1, part.size())));
        if (!name || !value) return ServedRefusal{400, invalid_request, "a parameter is not form-encoded"};
        if (!seen.emplace(name->view()).second && name->view() != "resource") {
            return ServedRefusal{400, invalid_request, "a parameter stands more than once"};
        }
        if (name->view().starts_with("client_assertion")) {
            return ServedRefusal{400, invalid_client, "client assertions are not taken here"};
        }
        if (name->view() == "client_id") {
            if (authorization.empty()) into.client_id = std::move(*value);
        } else if (name->view() == "client_secret") {
            in_form = !value->empty();
            if (authorization.empty()) into.client_secret = std::move(*value);
        } else {
            if (name->view() == "connection") into.connection = value->view();
            if (!into.form.empty()) into.form.append("&");
            into.form.append(part);
        }
    }
    if (authorization.empty()) {
        if (!into.client_id.empty() && in_form) return std::nullopt;
        return ServedRefusal{401, invalid_client, "the client ID and secret of this command are missing",
                             "WWW-Authenticate: Basic realm=\"jeton exec\"\r\n"};
    }
    if (in_form) return ServedRefusal{400, invalid_request, "the client authenticates in more than one way"};
    return read_basic(authorization, into);
}

bool equal_in_constant_time(std::string_view given, std::string_view right) {
    unsigned different = given.size() == right.size() ? 0U : 1U;
    for (std::size_t i = 0; i < given.size(); ++i) {
        const char other = right.empty() ? '\0' : right[i % right.size()];
        different |= static_cast<unsigned char>(given[i]) ^ static_cast<unsigned char>(other);
        asm volatile("" : "+r"(different));  // no early end by an optimiser
    }
    return different == 0;
}

}  // namespace jeton::cli
