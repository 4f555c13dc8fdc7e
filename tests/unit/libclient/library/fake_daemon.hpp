/// A daemon of a test's own: a socket, answers as the test words them, and an epoch page that the test writes.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libclient/page/epoch_page.hpp"
#include "libclient/page/page_file.hpp"
#include "tests/unit/libclient/scratch.hpp"

namespace jeton::library::testing {

inline constexpr std::string_view instance_text = "0123456789abcdef0123456789abcdef";

inline std::string answer(std::string_view body, std::string_view fields = {}, std::string_view status = "200 OK") {
    return "HTTP/1.1 " + std::string{status} + "\r\n" + std::string{fields} +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string{body};
}

inline std::string token_answer(std::string_view token, std::uint64_t epoch, int seconds = 600, int expires_in = 900) {
    return answer(R"({"access_token":")" + std::string{token} + R"(","token_type":"Bearer","expires_in":)" +
                      std::to_string(expires_in) + R"(,"scope":"a b","connection":"app/1@e"})",
                  "Jeton-Epoch: " + std::string{instance_text} + " " + std::to_string(epoch) + " " +
                      std::to_string(seconds) + "\r\n");
}

inline constexpr std::string_view hang_up_now = "hang up";  ///< in the place of an answer

/// The page as the front writes it.
class Page {
public:
    explicit Page(const std::string& directory) {
        const auto folder = directory + "/page";
        ::mkdir(folder.c_str(), 0755);
        const auto path = folder + "/epoch";
        const client::UniqueHandle file{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
        [[maybe_unused]] const int sized = ::ftruncate(file.get(), page::page_size);
        ::fchmod(file.get(), page::page_mode);
        page_ = static_cast<page::EpochPage*>(
            ::mmap(nullptr, page::page_size, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0));
        page::begin_page(*page_, page::time_namespace());
    }
    Page(const Page&) = delete;
    Page& operator=(const Page&) = delete;
    ~Page() { ::munmap(page_, page::page_size); }

    void say(std::uint64_t epoch) {
        page::publish(*page_, {page::instance_of(instance_text), epoch}, page::boot_time());
    }
    void grow_old(std::uint64_t nanoseconds) { page::beat(*page_, page::boot_time() - nanoseconds); }
    void end() { page::void_page(*page_); }

private:
    page::EpochPage* page_;
};

/// Answers each request by `answers`, which the threads of several sessions may call at once.
class Daemon {
public:
    using Answers = std::function<std::string(std::string_view request)>;

    explicit Daemon(Answers answers)
        : answers_(std::move(answers)),
          listener_(client::testing::listening(scratch_.path() + "/token.sock")),
          thread_([this] { accept_until_told(); }) {}
    Daemon(const Daemon&) = delete;
    Daemon& operator=(const Daemon&) = delete;
    ~Daemon() {
        stop_ = true;
        ::shutdown(listener_.get(), SHUT_RDWR);
        thread_.join();
        hang_up();
        for (auto& session : sessions_) session.thread.join();
    }

    [[nodiscard]] const std::string& directory() const { return scratch_.path(); }
    [[nodiscard]] int requests() const { return requests_; }
    [[nodiscard]] int sessions() const { return accepted_; }
    [[nodiscard]] std::vector<std::string> asked() {
        const std::unique_lock lock{mutex_};
        return asked_;
    }
    /// Closes every session that is open.
    void hang_up() {
        const std::unique_lock lock{mutex_};
        for (auto& session : sessions_) ::shutdown(session.socket.get(), SHUT_RDWR);
    }

private:
    struct Served {
        client::UniqueHandle socket;
        std::thread thread;
    };

    void accept_until_told() {
        while (!stop_) {
            client::UniqueHandle accepted{::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)};
            if (!accepted) continue;
            ++accepted_;
            const std::unique_lock lock{mutex_};
            auto& session = sessions_.emplace_back();
            session.socket = std::move(accepted);
            session.thread = std::thread{[this, socket = session.socket.get()] { serve(socket); }};
        }
    }

    /// Requests are whole once their form ends: the tests' forms are short, and arrive at once.
    void serve(int socket) {
        std::string read;
        char buffer[8192];
        for (;;) {
            const auto got = ::recv(socket, buffer, sizeof buffer, 0);
            if (got <= 0) return;
            read.append(buffer, static_cast<std::size_t>(got));
            const auto head = read.find("\r\n\r\n");
            if (head == std::string::npos) continue;
            const auto length = read.find("Content-Length: ");
            if (read.size() < head + 4 + std::stoul(read.substr(length + 16))) continue;
            std::string told;
            {
                const std::unique_lock lock{mutex_};
                asked_.push_back(read);
            }
            ++requests_;
            told = answers_(read);
            read.clear();
            if (told.empty()) return;  // says nothing at all
            if (told == hang_up_now) ::shutdown(socket, SHUT_RDWR);
            [[maybe_unused]] const auto sent = ::send(socket, told.data(), told.size(), MSG_NOSIGNAL);
        }
    }

    client::testing::Scratch scratch_;
    Answers answers_;
    std::atomic<bool> stop_ = false;
    std::atomic<int> requests_ = 0, accepted_ = 0;
    std::mutex mutex_;
    std::list<Served> sessions_;
    std::vector<std::string> asked_;
    client::UniqueHandle listener_;
    std::thread thread_;
};

}  // namespace jeton::library::testing
