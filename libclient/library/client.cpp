#include "libclient/library/client.hpp"

#include <cerrno>
#include <cstring>

#include <sys/timerfd.h>
#include <unistd.h>

#include "libclient/library/answer.hpp"

namespace jeton::library {

using Clock = std::chrono::steady_clock;

Client::Identity Client::Identity::now() noexcept { return {::getuid(), ::geteuid(), ::getegid()}; }

Result<TokenRef> Client::get(const Wish& wish, std::chrono::milliseconds timeout) {
    if (const auto checked = check(wish); !checked) return refuse(checked.error());
    if (auto kept = find(wish)) return kept;
    if (timeout.count() == 0) {
        return refuse(JETON_E_TIMEOUT, "no token that was fetched before holds, and there was no time to ask",
                      "call again with a timeout");
    }
    const auto deadline = Clock::now() + timeout;
    const FlightKey key{wish};
    return flights_.get(key.text(), deadline, [&] { return cache_.find(wish); }, [&] { return fetch(wish, deadline); });
}

Result<TokenRef> Client::fetch(const Wish& wish, Clock::time_point deadline) {
    const auto generation = look_who_asks();
    const auto request = request_of(wish);
    const auto asked = Moment::now();
    const auto answered = sessions_.ask(request, deadline, ::geteuid());
    if (!answered) {
        const bool late = answered.error().fault == client::Fault::unreachable && Clock::now() >= deadline;
        return late ? deadline_passed() : refuse(answered.error());
    }
    auto token = read_answer(answered->response, wish, asked);
    if (token) keep(wish, *token, answered->directory, generation);
    return token;
}

std::uint64_t Client::look_who_asks() {
    const auto now = Identity::now();
    const std::unique_lock lock{mutex_};
    if (now != identity_) {
        identity_ = now;
        ++generation_;
        page_.reset();
        cache_.clear();
        sessions_.clear();
    }
    return generation_;
}

void Client::keep(const Wish& wish, TokenRef& token, const std::string& directory, std::uint64_t generation) {
    if (!settings_.use_page || !token->decided.instance.known()) return;
    auto page = page_that_says(token->decided, directory);
    if (!page) return;
    token.unshared().page = std::move(page);
    const std::unique_lock lock{mutex_};
    if (generation == generation_) cache_.keep(wish, token);
}

std::shared_ptr<const KeptPage> Client::page_that_says(const page::Decided& decided, const std::string& directory) {
    const std::unique_lock lock{mutex_};
    if (page_ && page::page_says(page_->page(), decided)) return page_;
    page_ = KeptPage::open(directory);
    return page_ && page::page_says(page_->page(), decided) ? page_ : nullptr;
}

void Client::forget() noexcept {
    const std::unique_lock lock{mutex_};
    ++generation_;
    page_.reset();
    cache_.clear();
    sessions_.clear();
}

Result<int> Client::change_fd() {
    if (!settings_.use_page) {
        return refuse(JETON_E_INVALID, "nothing is kept without the page, so nothing that is kept changes",
                      "open the client without JETON_NO_PAGE");
    }
    const std::unique_lock lock{mutex_};
    if (!timer_) {
        client::UniqueHandle made{::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)};
        const itimerspec each_second{{1, 0}, {1, 0}};
        if (!made || ::timerfd_settime(made.get(), 0, &each_second, nullptr) != 0) {
            return refuse(JETON_E_SYSTEM, "there is no timer: " + std::string{std::strerror(errno)},
                          "raise the limit of open files: ulimit -n");
        }
        timer_ = std::move(made);
    }
    return timer_.get();
}

bool Client::changed() {
    int timer = -1;
    {
        const std::unique_lock lock{mutex_};
        timer = timer_.get();
    }
    std::uint64_t ticks = 0;
    [[maybe_unused]] const auto taken = ::read(timer, &ticks, sizeof ticks);  // EBADF: nobody waits for a tick
    return cache_.drop_ended();
}

void Client::abandon() noexcept {
    (void)cache_.try_clear();
    (void)sessions_.try_clear();
    if (mutex_.try_lock()) {
        timer_ = client::UniqueHandle{};
        mutex_.unlock();
    }
}

}  // namespace jeton::library
