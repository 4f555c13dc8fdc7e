#include "daemon/front/http/message.hpp"

#include <ctime>

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace jeton::front {
namespace {

std::string_view reason(int status) {
    switch (status) {
        case 200: return "OK";
        case 201: return "Created";
        case 204: return "No Content";
        case 400: return "Bad Request";
        case 401: return "Unauthorized";
        case 403: return "Forbidden";
        case 404: return "Not Found";
        case 405: return "Method Not Allowed";
        case 408: return "Request Timeout";
        case 409: return "Conflict";
        case 413: return "Content Too Large";
        case 429: return "Too Many Requests";
        case 431: return "Request Header Fields Too Large";
        case 500: return "Internal Server Error";
        case 501: return "Not Implemented";
        case 503: return "Service Unavailable";
        case 505: return "HTTP Version Not Supported";
        default: return "Status";
    }
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// Answers carry tokens and fresh secrets.
Response share(std::string bytes) {
    const auto wipe_and_free = [](std::string* own) {
        explicit_bzero(own->data(), own->size());
        std::default_delete<std::string>{}(own);
    };
    return Response{
        std::shared_ptr<std::string>(std::make_unique<std::string>(std::move(bytes)).release(), wipe_and_free)};
}

}  // namespace

bool detail::same_letters(std::string_view left, std::string_view right) {
    if (left == right) return true;  // nearly everybody spells them in one way
    for (std::size_t i = 0; i < left.size(); ++i) {
        if (lower(left[i]) != lower(right[i])) return false;
    }
    return true;
}

std::optional<std::string_view> Request::field(std::string_view name) const {
    for (const auto& field : fields) {
        if (equal_ignoring_case(field.name, name)) return field.value;
    }
    return std::nullopt;
}

Response json_response(int status, std::string_view body, std::string_view fields) {
    return text_response(status, "application/json", body, fields);
}

Response text_response(int status, std::string_view type, std::string_view body, std::string_view fields) {
    std::string bytes;
    bytes.reserve(256 + fields.size() + body.size());  // one allocation: no copy of a secret stays behind
    fmt::format_to(std::back_inserter(bytes),
                   "HTTP/1.1 {} {}\r\nDate: {:%a, %d %b %Y %H:%M:%S} GMT\r\nContent-Type: {}\r\n"
                   "Cache-Control: no-store\r\n{}Content-Length: {}\r\n\r\n",
                   status, reason(status), fmt::gmtime(std::time(nullptr)), type, fields, body.size());
    bytes.append(body);
    return share(std::move(bytes));
}

Response empty_response(std::string_view fields) {
    return share(
        fmt::format("HTTP/1.1 204 {}\r\nDate: {:%a, %d %b %Y %H:%M:%S} GMT\r\nCache-Control: no-store\r\n{}\r\n",
                    reason(204), fmt::gmtime(std::time(nullptr)), fields));
}

Response without_body(const Response& response) {
    const std::string_view whole{*response.bytes};
    return share(std::string{whole.substr(0, whole.find("\r\n\r\n") + 4)});
}

int status_in(const Response& response) {
    constexpr auto at = std::string_view{"HTTP/1.1 "}.size();
    int status = 0;
    for (const char digit : std::string_view{*response.bytes}.substr(at, 3)) status = status * 10 + (digit - '0');
    return status;
}

Response with_close(const Response& response) {
    constexpr std::string_view line = "Connection: close\r\n";
    const std::string_view whole{*response.bytes};
    const auto head = whole.find("\r\n") + 2;
    std::string bytes;
    bytes.reserve(whole.size() + line.size());
    bytes.append(whole.substr(0, head)).append(line).append(whole.substr(head));
    return share(std::move(bytes));
}

}  // namespace jeton::front
