#include "http.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <poll.h>

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/json/parse.hpp>

namespace example {
namespace {

constexpr std::chrono::seconds patience_with_daemon{5};

boost::system::error_code last_error() { return {errno, boost::system::system_category()}; }

Stream connect_to_daemon() {
    const char* directory = std::getenv("JETON_SOCKET_DIR");
    const auto path = std::string{directory != nullptr ? directory : "/run/jeton"} + "/token.sock";
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) throw Unavailable("the path of the token socket is too long");
    std::memcpy(address.sun_path, path.data(), path.size());
    Stream stream{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), patience_with_daemon};
    if (!stream.connect(address)) throw Unavailable(path + ": " + std::strerror(errno));
    return stream;
}

}  // namespace

bool Stream::wait_for(short events, boost::system::error_code& error) const {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end_ - Clock::now()).count();
    pollfd asked{descriptor_, events, 0};
    const int ready = left > 0 ? ::poll(&asked, 1, static_cast<int>(left)) : 0;
    if (ready < 0) error = last_error();
    if (ready == 0) error = {ETIMEDOUT, boost::system::system_category()};
    return ready > 0;
}

std::size_t Stream::receive(void* into, std::size_t size, boost::system::error_code& error) {
    error = {};
    if (!wait_for(POLLIN, error)) return 0;
    const auto received = ::recv(descriptor_, into, size, MSG_DONTWAIT);
    if (received < 0) error = last_error();
    if (received == 0) error = boost::asio::error::eof;
    return received > 0 ? static_cast<std::size_t>(received) : 0;
}

std::size_t Stream::send(const void* from, std::size_t size, boost::system::error_code& error) {
    error = {};
    if (!wait_for(POLLOUT, error)) return 0;
    const auto sent = ::send(descriptor_, from, size, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) error = last_error();
    return sent > 0 ? static_cast<std::size_t>(sent) : 0;
}

json::object ask_daemon(const std::string& path) {
    try {
        auto daemon = connect_to_daemon();
        http::request<http::empty_body> request{http::verb::get, path, 11};
        request.set(http::field::host, "localhost");
        http::write(daemon, request);
        boost::beast::flat_buffer buffer;
        http::response_parser<http::string_body> answer;
        answer.body_limit(65536);
        http::read(daemon, buffer, answer);
        const auto& got = answer.get();
        if (got.result() != http::status::ok) throw Unavailable(path + ": " + got.body());
        return json::parse(got.body()).as_object();
    } catch (const std::exception& problem) {
        throw Unavailable(std::string{"the daemon: "} + problem.what());
    }
}

std::string path_of(std::string_view url) {
    const auto authority = url.find("://");
    const auto path = authority == std::string_view::npos ? authority : url.find('/', authority + 3);
    return path == std::string_view::npos ? "" : std::string{url.substr(path)};
}

}  // namespace example
