// A resource server that takes the access tokens of a local environment (RFC 6750). To be copied; it needs Boost 1.81
// and libcrypto:
//
//     c++ -std=c++23 *.cpp -lboost_json -lcrypto -o resource-server
//     ./resource-server http://localhost/integration http://localhost/integration 8080
//
// The arguments: the issuer whose tokens are taken, the audience that we are, a port. Says `listening on
// http://127.0.0.1:PORT` when it is ready. Tokens are checked offline; what that means for revocation stands in
// access_token.hpp.
#include <array>
#include <charconv>
#include <iostream>
#include <semaphore>
#include <thread>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/json/serialize.hpp>

#include "access_token.hpp"
#include "bearer.hpp"

namespace example {
namespace {

/// What is served here, and the scope that a token must have for it.
struct Route {
    http::verb method;
    std::string_view path, scope;
};
constexpr std::array routes{
    Route{http::verb::get, "/invoices", "tn.acc.invoices:r"},
    Route{http::verb::get, "/jobs", "tn.jpm.jobs:r"},
    Route{http::verb::post, "/jobs", "tn.jpm.jobs:w"},
};

constexpr std::chrono::seconds patience_with_clients{10};
constexpr std::ptrdiff_t clients_at_once = 64;
constexpr std::uint32_t head_limit = 16384, body_limit = 65536;

Response answer(http::status status, const json::object& document) {
    Response response{status, 11};
    response.set(http::field::content_type, "application/json");
    response.set(http::field::cache_control, "no-store");
    response.body() = json::serialize(document) + "\n";
    return response;
}

json::object error(std::string_view word) { return {{"error", word}}; }

Response served(const json::object& claims) {
    return answer(http::status::ok, {{"client_id", text_in(claims, "client_id")},
                                     {"tenant", text_in(claims, "tenant")},
                                     {"scope", text_in(claims, "scope")}});
}

Response respond(const Request& request, const std::string& audience, KeySet& keys) {
    const std::string_view target = request.target();
    const auto path = target.substr(0, target.find('?'));
    std::string allowed;
    for (const auto& route : routes) {
        if (route.path != path) continue;
        if (route.method == request.method()) {
            const auto claims = check_access_token(keys, audience, token_of(request));
            require_scope(claims, route.scope);
            return served(claims);
        }
        allowed.append(allowed.empty() ? "" : ", ").append(http::to_string(route.method));
    }
    if (allowed.empty()) return answer(http::status::not_found, error("not_found"));
    auto response = answer(http::status::method_not_allowed, error("method_not_allowed"));
    response.set(http::field::allow, allowed);
    return response;
}

Response answer_to(const Request& request, const std::string& audience, KeySet& keys) {
    try {
        return respond(request, audience, keys);
    } catch (const Refused& refused) {
        auto response = answer(refused.status, error(refused.error.empty() ? "no_token" : refused.error));
        response.set(http::field::www_authenticate, refused.challenge());
        return response;
    } catch (const Unavailable& problem) {
        // Nobody's token is bad because we could not look: this is no 401.
        std::cerr << problem.what() << std::endl;
        auto response = answer(http::status::service_unavailable, error("temporarily_unavailable"));
        response.set(http::field::retry_after, "5");
        return response;
    }
}

/// One request, one answer.
void serve(Stream client, const std::string& audience, KeySet& keys) {
    try {
        boost::beast::flat_buffer buffer;
        http::request_parser<http::string_body> request;
        request.header_limit(head_limit);
        request.body_limit(body_limit);
        http::read(client, buffer, request);
        auto response = answer_to(request.get(), audience, keys);
        response.keep_alive(false);
        response.prepare_payload();
        http::write(client, response);
    } catch (const std::exception& problem) {
        std::cerr << "a client: " << problem.what() << std::endl;  // it is gone, or spoke no HTTP
    }
}

/// A listening socket on the loopback interface, and its port.
std::pair<int, int> listen_on(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    socklen_t size = sizeof address;
    auto* plain = reinterpret_cast<sockaddr*>(&address);
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0 || ::bind(listener, plain, size) != 0 || ::listen(listener, SOMAXCONN) != 0 ||
        ::getsockname(listener, plain, &size) != 0) {
        throw std::system_error(errno, std::system_category(), "cannot listen");
    }
    return {listener, ntohs(address.sin_port)};
}

int run(const std::string& issuer, const std::string& audience, std::uint16_t wanted) {
    KeySet keys{issuer};
    std::counting_semaphore<clients_at_once> room{clients_at_once};
    const auto [listener, port] = listen_on(wanted);
    std::cout << "listening on http://127.0.0.1:" << port << std::endl;
    for (;;) {
        room.acquire();
        const int client = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
        if (client < 0) {
            room.release();
            continue;
        }
        std::thread{[client, &audience, &keys, &room] {
            serve(Stream{client, patience_with_clients}, audience, keys);
            room.release();
        }}.detach();
    }
}

}  // namespace
}  // namespace example

int main(int argc, char** argv) {
    std::uint16_t port = 0;
    const std::string_view last = argc == 4 ? argv[3] : "0";
    const std::string_view issuer = argc > 1 ? argv[1] : "";
    if (argc > 2 && !issuer.starts_with("http://") && !issuer.starts_with("https://")) {
        std::cerr << "ISSUER is a URL, as `jeton environment show` has it: http://localhost/ENVIRONMENT\n";
        return 2;
    }
    if (argc < 3 || argc > 4 || std::from_chars(last.data(), last.data() + last.size(), port).ec != std::errc{}) {
        std::cerr << "usage: resource-server ISSUER AUDIENCE [PORT]\n";
        return 2;
    }
    try {
        return example::run(argv[1], argv[2], port);
    } catch (const std::exception& problem) {
        std::cerr << problem.what() << "\n";
        return 1;
    }
}
