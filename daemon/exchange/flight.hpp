/// One request in flight: its curl handle, what it sends and what has come so far.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <curl/curl.h>

#include "daemon/exchange/answer.hpp"
#include "daemon/exchange/request.hpp"

namespace jeton::exchange {

struct CurlEasyDeleter {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct CurlListDeleter {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

class Flight {
public:
    /// Throws std::bad_alloc or std::runtime_error where libcurl cannot be set up as it must.
    Flight(std::int64_t id, TokenRequest request);
    Flight(const Flight&) = delete;
    Flight& operator=(const Flight&) = delete;
    ~Flight();

    [[nodiscard]] CURL* easy() const { return easy_.get(); }
    /// The frame for the vault once curl has finished with `result`.
    [[nodiscard]] std::string outcome(CURLcode result) const;

private:
    static std::size_t on_body(char* bytes, std::size_t size, std::size_t count, void* flight);
    static std::size_t on_header(char* bytes, std::size_t size, std::size_t count, void* flight);
    static std::size_t give_form(char* bytes, std::size_t size, std::size_t count, void* flight);
    static int refuse_to_repeat(void* flight, curl_off_t offset, int origin);
    void set_up();
    void set_proxy();
    /// Why there is no answer, in words that name the host.
    [[nodiscard]] std::string words_of(CURLcode result) const;
    [[nodiscard]] std::string words_of_certificate() const;
    /// Where the proxy is the reason.
    [[nodiscard]] std::optional<std::string> words_of_proxy(CURLcode result) const;

    std::int64_t id_;
    TokenRequest request_;
    HttpAnswer answer_;
    std::size_t form_given_ = 0;  ///< bytes of the form that curl has taken
    std::size_t header_bytes_ = 0;
    bool body_too_large_ = false;
    bool headers_too_large_ = false;
    std::unique_ptr<curl_slist, CurlListDeleter> headers_;
    std::unique_ptr<CURL, CurlEasyDeleter> easy_;  ///< last: it is given back before what it points to
};

}  // namespace jeton::exchange
