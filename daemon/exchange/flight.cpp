#include "daemon/exchange/flight.hpp"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <string_view>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "daemon/exchange/fetch.hpp"
#include "libclient/protocol/json.hpp"
#include "libclient/protocol/words.hpp"

namespace jeton::exchange {
namespace {

/// An option that is refused would leave a request less careful than we say: that is a fault, not a warning.
template <class Value>
void set(CURL* easy, CURLoption option, Value value) {
    if (const auto result = curl_easy_setopt(easy, option, value); result != CURLE_OK) {
        throw std::runtime_error(
            fmt::format("libcurl refuses option {}: {}", static_cast<int>(option), curl_easy_strerror(result)));
    }
}

void add_header(std::unique_ptr<curl_slist, CurlListDeleter>& list, const char* line) {
    curl_slist* longer = curl_slist_append(list.get(), line);
    if (longer == nullptr) throw std::bad_alloc{};
    std::ignore = list.release();
    list.reset(longer);
}

/// The value of `line` if it is the header `name` (lower case, with its colon).
std::optional<std::string_view> value_of(std::string_view line, std::string_view name) {
    if (line.size() < name.size()) return std::nullopt;
    const bool same = std::ranges::equal(line.substr(0, name.size()), name, [](char left, char right) {
        return std::tolower(static_cast<unsigned char>(left)) == right;
    });
    if (!same) return std::nullopt;
    line.remove_prefix(name.size());
    const auto first = line.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) return std::string_view{};
    return line.substr(first, line.find_last_not_of(" \t\r\n") - first + 1);
}

std::int64_t now() {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()).time_since_epoch().count();
}

}  // namespace

Flight::Flight(std::int64_t id, TokenRequest request) : id_(id), request_(std::move(request)), easy_(curl_easy_init()) {
    if (!easy_) throw std::bad_alloc{};
    answer_.body.reserve(16UZ * 1024);  // a token answer fits without a copy left behind
    set_up();
}

Flight::~Flight() { protocol::wipe(answer_.body); }

void Flight::set_up() {
    CURL* const easy = easy_.get();
    // Where to, and nowhere else.
    set(easy, CURLOPT_URL, request_.endpoint.c_str());
    set(easy, CURLOPT_PROTOCOLS_STR, request_.encrypted ? "https" : "http");
    set(easy, CURLOPT_REDIR_PROTOCOLS_STR, "https");
    set(easy, CURLOPT_FOLLOWLOCATION, 0L);
    set_proxy();
    set(easy, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
    set(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    set(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    set(easy, CURLOPT_HTTP09_ALLOWED, 0L);
    // Who answers.
    set(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    set(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    set(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    if (!request_.authorities.empty()) {
        // Only these authorities, not the system's as well.
        curl_blob blob{request_.authorities.data(), request_.authorities.size(), CURL_BLOB_NOCOPY};
        set(easy, CURLOPT_CAINFO_BLOB, &blob);
        set(easy, CURLOPT_CAINFO, static_cast<const char*>(nullptr));
        set(easy, CURLOPT_CAPATH, static_cast<const char*>(nullptr));
    }
    // How long, how much.
    set(easy, CURLOPT_NOSIGNAL, 1L);
    // Where the time is up and the name is still asked for, curl would wait for that question's thread, and all other
    // requests with it: the thread is left to end by itself.
    set(easy, CURLOPT_QUICK_EXIT, 1L);
    set(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(std::min(connect_max, request_.timeout).count()));
    set(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(std::min(longest_request, request_.timeout).count()));
    set(easy, CURLOPT_WRITEFUNCTION, &Flight::on_body);
    set(easy, CURLOPT_WRITEDATA, static_cast<void*>(this));
    set(easy, CURLOPT_HEADERFUNCTION, &Flight::on_header);
    set(easy, CURLOPT_HEADERDATA, static_cast<void*>(this));
    set(easy, CURLOPT_PRIVATE, static_cast<void*>(this));
    // What is sent, and that it is sent once: where an open connection turns out to be dead curl would try another one.
    // That it cannot, once it has taken the form; before that nothing has left that an endpoint could act on.
    set(easy, CURLOPT_POST, 1L);
    set(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
    set(easy, CURLOPT_READFUNCTION, &Flight::give_form);
    set(easy, CURLOPT_READDATA, static_cast<void*>(this));
    set(easy, CURLOPT_SEEKFUNCTION, &Flight::refuse_to_repeat);
    set(easy, CURLOPT_SEEKDATA, static_cast<void*>(this));
    set(easy, CURLOPT_USERAGENT, fmt::format("jeton/{}", protocol::version).c_str());
    add_header(headers_, "Accept: application/json");
    add_header(headers_, "Expect:");
    set(easy, CURLOPT_HTTPHEADER, headers_.get());
    if (request_.client_auth == ClientAuth::basic) {
        set(easy, CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
        // Form-encoded, they hold no colon and no NUL; the terminator is ours to add.
        request_.user.append({"\0", 1});
        request_.password.append({"\0", 1});
        // NOLINTNEXTLINE(bugprone-suspicious-stringview-data-usage): ends with the NUL added above
        set(easy, CURLOPT_USERNAME, request_.user.reveal().data());
        // NOLINTNEXTLINE(bugprone-suspicious-stringview-data-usage): ends with the NUL added above
        set(easy, CURLOPT_PASSWORD, request_.password.reveal().data());
    }
}

/// Never from the environment. The proxy is asked for a tunnel and learns the endpoint's name, no more: who answers is
/// told by the endpoint's certificate, as without it.
void Flight::set_proxy() {
    CURL* const easy = easy_.get();
    set(easy, CURLOPT_PROXY, request_.proxy.c_str());
    set(easy, CURLOPT_NOPROXY, "");
    if (request_.proxy.empty()) return;
    set(easy, CURLOPT_PROXYTYPE, static_cast<long>(CURLPROXY_HTTP));
    set(easy, CURLOPT_HTTPPROXYTUNNEL, 1L);
    set(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    set(easy, CURLOPT_HEADEROPT, static_cast<long>(CURLHEADER_SEPARATE));
}

std::size_t Flight::give_form(char* bytes, std::size_t size, std::size_t count, void* flight) {
    auto& self = *static_cast<Flight*>(flight);
    const auto part = self.request_.body.reveal().substr(self.form_given_, size * count);
    std::ranges::copy(part, bytes);
    self.form_given_ += part.size();
    return part.size();
}

int Flight::refuse_to_repeat(void* flight, curl_off_t offset, int origin) {
    const bool is_unused = static_cast<Flight*>(flight)->form_given_ == 0;
    return is_unused && offset == 0 && origin == SEEK_SET ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL;
}

std::size_t Flight::on_body(char* bytes, std::size_t size, std::size_t count, void* flight) {
    auto& self = *static_cast<Flight*>(flight);
    const std::size_t length = size * count;
    if (self.answer_.body.size() + length > body_max) {
        self.body_too_large_ = true;
        return 0;
    }
    auto& body = self.answer_.body;
    if (body.size() + length > body.capacity()) {
        std::string larger;
        larger.reserve(body_max);
        larger.append(body);
        protocol::wipe(body);
        body = std::move(larger);
    }
    body.append(bytes, length);
    return length;
}

std::size_t Flight::on_header(char* bytes, std::size_t size, std::size_t count, void* flight) {
    auto& self = *static_cast<Flight*>(flight);
    const std::size_t length = size * count;
    self.header_bytes_ += length;
    if (self.header_bytes_ > headers_max) {
        self.headers_too_large_ = true;
        return 0;
    }
    const std::string_view line{bytes, length};
    if (line.starts_with("HTTP/")) {  // the final answer's headers count, not an interim one's
        self.answer_.date.clear();
        self.answer_.retry_after.clear();
    }
    if (const auto date = value_of(line, "date:")) self.answer_.date = *date;
    if (const auto wait = value_of(line, "retry-after:")) self.answer_.retry_after = *wait;
    return length;
}

std::string Flight::outcome(CURLcode result) const {
    HttpAnswer cut;
    const HttpAnswer* answer = &answer_;
    long status = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
    if (result == CURLE_WRITE_ERROR && body_too_large_ && status >= 400) {
        // A refusal counts without its over-long error page.
        cut.date = answer_.date;
        cut.retry_after = answer_.retry_after;
    } else if (result != CURLE_OK) {
        return frame_of_failure(id_, words_of(result));
    } else {
        cut = *answer;
    }
    cut.status = status;
    auto frame = frame_of_answer(id_, cut, request_.host, request_.secret.reveal(), now());
    protocol::wipe(cut.body);
    return frame;
}

std::string Flight::words_of(CURLcode result) const {
    const auto& host = request_.host;
    if (headers_too_large_) return fmt::format("the headers of {} are larger than {} KiB", host, headers_max / 1024);
    if (body_too_large_) return fmt::format("the answer of {} is larger than {} KiB", host, body_max / 1024);
    if (auto words = words_of_proxy(result)) return *std::move(words);
    switch (result) {
        case CURLE_COULDNT_RESOLVE_HOST: return fmt::format("the name {} cannot be resolved", host);
        case CURLE_COULDNT_CONNECT: {
            long error = 0;
            curl_easy_getinfo(easy_.get(), CURLINFO_OS_ERRNO, &error);
            return fmt::format("{} cannot be reached{}{}", host, error != 0 ? ": " : "",
                               error != 0 ? std::strerror(static_cast<int>(error)) : "");
        }
        case CURLE_OPERATION_TIMEDOUT: {
            curl_off_t ready =
                0;  // the connection stood and TLS was done; also where an open connection was used again
            curl_easy_getinfo(easy_.get(), CURLINFO_PRETRANSFER_TIME_T, &ready);
            const auto patience = ready > 0 ? request_.timeout : std::min(connect_max, request_.timeout);
            return fmt::format("{} did not {} within {} ms", host, ready > 0 ? "answer" : "let us connect",
                               patience.count());
        }
        case CURLE_PEER_FAILED_VERIFICATION: return words_of_certificate();
        case CURLE_SSL_CONNECT_ERROR:
            return fmt::format("the TLS handshake with {} failed (TLS 1.2 or later is required)", host);
        case CURLE_SSL_CACERT_BADFILE:
            return request_.authorities.empty() ? "the system's CA certificates cannot be read"
                                                : "a certificate in the environment's CA file cannot be read";
        case CURLE_GOT_NOTHING:
        case CURLE_SEND_ERROR:
        case CURLE_SEND_FAIL_REWIND:
        case CURLE_RECV_ERROR:
        case CURLE_PARTIAL_FILE: return fmt::format("{} broke off the connection before its answer was complete", host);
        case CURLE_UNSUPPORTED_PROTOCOL:
        case CURLE_WEIRD_SERVER_REPLY: return fmt::format("{} does not answer with HTTP", host);
        default: return fmt::format("the request to {} failed: {}", host, curl_easy_strerror(result));
    }
}

std::optional<std::string> Flight::words_of_proxy(CURLcode result) const {
    if (request_.proxy.empty()) return std::nullopt;
    long verdict = 0;
    curl_off_t ready = 0;  // also where an open tunnel was used again
    curl_easy_getinfo(easy_.get(), CURLINFO_HTTP_CONNECTCODE, &verdict);
    curl_easy_getinfo(easy_.get(), CURLINFO_PRETRANSFER_TIME_T, &ready);
    if (verdict >= 300)
        return fmt::format("the proxy {} refuses a tunnel to {} (HTTP {})", request_.proxy, request_.host, verdict);
    if (verdict != 0 || ready > 0) return std::nullopt;  // the tunnel stands
    switch (result) {
        case CURLE_COULDNT_RESOLVE_PROXY:
            return fmt::format("the name of the proxy {} cannot be resolved", request_.proxy);
        case CURLE_COULDNT_CONNECT: return fmt::format("the proxy {} cannot be reached", request_.proxy);
        case CURLE_PROXY:
        case CURLE_RECV_ERROR:
        case CURLE_GOT_NOTHING: return fmt::format("the proxy {} makes no tunnel to {}", request_.proxy, request_.host);
        default: return std::nullopt;
    }
}

std::string Flight::words_of_certificate() const {
    long verdict = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_SSL_VERIFYRESULT, &verdict);
    const auto& host = request_.host;
    switch (verdict) {  // X509_V_ERR_… of OpenSSL, whose numbers are fixed
        case 0:
        case 1:  // curl compares the name itself, before it asks OpenSSL for its verdict; 1 is where it starts from
            return fmt::format("the certificate of {} is for another name", host);
        case 9: return fmt::format("the certificate of {} is not valid yet", host);
        case 10: return fmt::format("the certificate of {} has expired", host);
        case 18:
        case 19:
        case 20:
        case 21: return fmt::format("the certificate of {} is not signed by a trusted authority", host);
        default: return fmt::format("the certificate of {} is not valid (OpenSSL verdict {})", host, verdict);
    }
}

}  // namespace jeton::exchange
