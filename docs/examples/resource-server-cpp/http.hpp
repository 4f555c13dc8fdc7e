/// Sockets that give up in time, and what is asked of the daemon over its socket.
#pragma once

#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/json/object.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>

namespace example {

namespace http = boost::beast::http;
namespace json = boost::json;

using Request = http::request<http::string_body>;
using Response = http::response<http::string_body>;

/// The daemon could not be asked, or does not answer us.
class Unavailable : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// A connected socket, with an end to everybody's patience. What Beast calls a SyncReadStream and a SyncWriteStream.
class Stream {
public:
    using Clock = std::chrono::steady_clock;

    Stream(int descriptor, Clock::duration patience) : descriptor_(descriptor), end_(Clock::now() + patience) {}
    Stream(Stream&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)), end_(other.end_) {}
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;
    Stream& operator=(Stream&&) = delete;
    ~Stream() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }

    [[nodiscard]] bool connect(const sockaddr_un& address) {
        return ::connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    }

    template <class Buffers>
    std::size_t read_some(const Buffers& buffers, boost::system::error_code& error) {
        const boost::asio::mutable_buffer first = first_of<boost::asio::mutable_buffer>(buffers);
        return receive(first.data(), first.size(), error);
    }
    template <class Buffers>
    std::size_t write_some(const Buffers& buffers, boost::system::error_code& error) {
        const boost::asio::const_buffer first = first_of<boost::asio::const_buffer>(buffers);
        return send(first.data(), first.size(), error);
    }
    template <class Buffers>
    std::size_t read_some(const Buffers& buffers) {
        boost::system::error_code error;
        const auto size = read_some(buffers, error);
        if (error) throw boost::system::system_error(error);
        return size;
    }
    template <class Buffers>
    std::size_t write_some(const Buffers& buffers) {
        boost::system::error_code error;
        const auto size = write_some(buffers, error);
        if (error) throw boost::system::system_error(error);
        return size;
    }

private:
    template <class Buffer, class Buffers>
    static Buffer first_of(const Buffers& buffers) {
        for (auto at = boost::asio::buffer_sequence_begin(buffers); at != boost::asio::buffer_sequence_end(buffers);
             ++at) {
            if (Buffer(*at).size() > 0) return *at;
        }
        return {};
    }
    [[nodiscard]] bool wait_for(short events, boost::system::error_code& error) const;
    std::size_t receive(void* into, std::size_t size, boost::system::error_code& error);
    std::size_t send(const void* from, std::size_t size, boost::system::error_code& error);

    int descriptor_;
    Clock::time_point end_;
};

/// GET `path` at the daemon's token socket, a JSON object with status 200. Throws Unavailable.
[[nodiscard]] json::object ask_daemon(const std::string& path);

/// The path of `http://localhost/integration/jwks`: on a socket nothing else of a URL counts.
[[nodiscard]] std::string path_of(std::string_view url);

}  // namespace example
