#include "daemon/exchange/fetch.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <unordered_map>
#include <utility>
#include <vector>

#include <malloc.h>

#include <curl/curl.h>
#include <fmt/format.h>

#include "daemon/base/log.hpp"
#include "daemon/exchange/flight.hpp"

namespace jeton::exchange {
namespace {

constexpr int longest_wait_ms = 60'000;
constexpr long idle_connections_max = 16;

// libcurl copies what it sends and receives into buffers of its own; these see to it that none is given back with a
// secret in it.
// NOLINTBEGIN(cppcoreguidelines-no-malloc): stand-ins for malloc and free themselves
void wiping_free(void* memory) {
    if (memory != nullptr) explicit_bzero(memory, ::malloc_usable_size(memory));
    std::free(memory);
}
void* wiping_realloc(void* memory, std::size_t size) {
    if (memory == nullptr) return std::malloc(size);
    void* const fresh = std::malloc(size);
    if (fresh == nullptr) return nullptr;
    std::memcpy(fresh, memory, std::min(size, ::malloc_usable_size(memory)));
    wiping_free(memory);
    return fresh;
}
// NOLINTEND(cppcoreguidelines-no-malloc)

void check(CURLMcode result) {
    if (result != CURLM_OK) throw std::runtime_error(fmt::format("libcurl: {}", curl_multi_strerror(result)));
}

struct CurlMultiDeleter {
    void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};

}  // namespace

struct Fetcher::State {
    Deliver deliver;
    std::unique_ptr<CURLM, CurlMultiDeleter> multi;
    std::unordered_map<CURL*, std::unique_ptr<Flight>> flights;

    ~State() {
        for (const auto& [easy, flight] : flights) curl_multi_remove_handle(multi.get(), easy);
    }

    void deliver_failure(std::int64_t id, std::string_view why) const {
        auto frame = frame_of_own_failure(id, why);
        deliver(frame);
    }

    void land_what_has_finished() {
        int left = 0;
        while (const CURLMsg* message = curl_multi_info_read(multi.get(), &left)) {
            if (message->msg != CURLMSG_DONE) continue;
            CURL* const easy = message->easy_handle;
            const CURLcode result = message->data.result;
            const auto found = flights.find(easy);
            auto frame = found->second->outcome(result);
            check(curl_multi_remove_handle(multi.get(), easy));
            flights.erase(found);
            deliver(frame);
        }
    }
};

Fetcher::Fetcher(Deliver deliver) : state_(std::make_unique<State>()) {
    if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, std::malloc, wiping_free, wiping_realloc, strdup, std::calloc) !=
        CURLE_OK) {
        throw std::runtime_error("libcurl does not start");
    }
    state_->deliver = std::move(deliver);
    state_->multi.reset(curl_multi_init());
    if (!state_->multi) throw std::bad_alloc{};
    check(curl_multi_setopt(state_->multi.get(), CURLMOPT_MAXCONNECTS, idle_connections_max));
}

Fetcher::~Fetcher() {
    state_.reset();
    curl_global_cleanup();
}

void Fetcher::start(std::int64_t id, TokenRequest request) {
    if (state_->flights.size() >= flights_max) {
        state_->deliver_failure(id, fmt::format("{} token requests are already in flight", flights_max));
        return;
    }
    auto flight = std::make_unique<Flight>(id, std::move(request));
    check(curl_multi_add_handle(state_->multi.get(), flight->easy()));
    CURL* const easy = flight->easy();
    state_->flights.emplace(easy, std::move(flight));
}

void Fetcher::advance() {
    int running = 0;
    check(curl_multi_perform(state_->multi.get(), &running));
    state_->land_what_has_finished();
}

bool Fetcher::idle() const { return state_->flights.empty(); }

void Fetcher::wait(std::span<Watched> watched) {
    std::vector<curl_waitfd> extra;
    for (const auto& one : watched) {
        const int events = (one.for_reading ? CURL_WAIT_POLLIN : 0) | (one.for_writing ? CURL_WAIT_POLLOUT : 0);
        extra.push_back({one.fd, static_cast<short>(events), 0});
    }
    check(curl_multi_poll(state_->multi.get(), extra.data(), static_cast<unsigned>(extra.size()), longest_wait_ms,
                          nullptr));
    for (std::size_t i = 0; i < extra.size(); ++i) watched[i].ready = extra[i].revents != 0;
}

}  // namespace jeton::exchange
