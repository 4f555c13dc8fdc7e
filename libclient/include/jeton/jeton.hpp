/**
 * The C++ face of libjeton: the objects of jeton.h with owners. Header only, C++17; what crosses the library's border
 * is C alone, so that compilers and standard libraries may differ. Threads, forks, waiting: as jeton.h says.
 *
 *     jeton::Client client;
 *     jeton::Request wish;
 *     wish.connection = "dispatcher/1234567@integration";
 *     jeton::Token token = client.token(wish, std::chrono::seconds{5});  // throws jeton::Error
 *     send("Authorization: Bearer " + std::string{token.text()});
 */
#ifndef JETON_JETON_HPP
#define JETON_JETON_HPP

#include <chrono>
#include <climits>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <jeton/jeton.h>

namespace jeton {

/// Why there is no token. Holds no secret.
class Error : public std::runtime_error {
public:
    /// Takes `error` over; it may be null.
    Error(int code, jeton_error* error)
        : std::runtime_error(jeton_error_what(error)),
          code_(code),
          next_(jeton_error_next(error)),
          word_(jeton_error_word(error)),
          retry_after_(jeton_error_retry_after(error)) {
        jeton_error_free(error);
    }

    int code() const noexcept { return code_; }                 ///< of jeton_code
    const std::string& next() const noexcept { return next_; }  ///< what to do now
    const std::string& word() const noexcept { return word_; }  ///< the daemon's, RFC 6749 §5.2; empty: none
    std::optional<std::chrono::seconds> retry_after() const {   ///< nothing where the daemon named no time
        if (retry_after_ < 0) return std::nullopt;
        return std::chrono::seconds{retry_after_};
    }

private:
    int code_;
    std::string next_, word_;
    std::int64_t retry_after_;
};

/// What is asked for; see jeton_request. Empty: not asked for.
struct Request {
    std::string connection;
    std::string environment;
    std::string scope;
    std::string resource;
    std::string rejected_token;
    std::chrono::seconds min_ttl{0};
};

/// A token, shared with the client that keeps it; overwritten with its last owner. The views live as long as it.
class Token {
public:
    /// Takes `token` over.
    explicit Token(jeton_token* token) : token_(token) {}

    std::string_view text() const { return jeton_token_text(get()); }
    std::string_view type() const { return jeton_token_type(get()); }
    std::string_view scope() const { return jeton_token_scope(get()); }
    std::string_view connection() const { return jeton_token_connection(get()); }
    std::optional<std::string_view> app_key() const {
        const char* key = jeton_token_app_key(get());
        if (key == nullptr) return std::nullopt;
        return key;
    }
    std::chrono::seconds expires_in() const { return std::chrono::seconds{jeton_token_expires_in(get())}; }
    /// The daemon stands by it still: see jeton_token_holds(). No system call.
    bool holds() const { return jeton_token_holds(get()) != 0; }
    const jeton_token* get() const noexcept { return token_.get(); }

private:
    struct Free {
        void operator()(jeton_token* token) const noexcept { jeton_token_free(token); }
    };
    std::unique_ptr<jeton_token, Free> token_;
};

/// A daemon to ask. Movable; closes itself.
class Client {
public:
    enum class Page { use, leave_alone };

    /// `directory`: of the daemon's token.sock; empty: as jeton_options says. Throws Error, std::bad_alloc.
    explicit Client(const std::string& directory = {}, Page page = Page::use) {
        jeton_options options = JETON_OPTIONS_INIT;
        options.directory = directory.empty() ? nullptr : directory.c_str();
        options.flags = page == Page::use ? 0 : JETON_NO_PAGE;
        jeton_client* opened = nullptr;
        jeton_error* error = nullptr;
        const int code = jeton_open(&options, &opened, &error);  // before `error` is read
        check(code, error);
        client_.reset(opened);
    }

    /// A token within `timeout`; 0: only one that is kept. Throws Error, std::bad_alloc. Thread-safe.
    Token token(const Request& wish, std::chrono::milliseconds timeout) {
        jeton_token* token = nullptr;
        jeton_error* error = nullptr;
        const int code = ask(wish, timeout, token, error);
        check(code, error);
        return Token{token};
    }

    /// The same, for programs that do without exceptions: nothing, and the code (and the error, where it is wanted;
    /// free it with jeton_error_free) in its place.
    std::optional<Token> try_token(const Request& wish, std::chrono::milliseconds timeout, int& code,
                                   jeton_error** error = nullptr) {
        jeton_token* token = nullptr;
        jeton_error* ignored = nullptr;
        code = ask(wish, timeout, token, error != nullptr ? *error : ignored);
        if (error == nullptr) jeton_error_free(ignored);
        if (code != JETON_OK) return std::nullopt;
        return Token{token};
    }

    void forget() { jeton_forget(client_.get()); }
    /// See jeton_change_fd. Throws Error, std::bad_alloc.
    int change_fd() {
        int fd = -1;
        jeton_error* error = nullptr;
        const int code = jeton_change_fd(client_.get(), &fd, &error);
        check(code, error);
        return fd;
    }
    bool changed() { return jeton_changed(client_.get()) != 0; }
    jeton_client* get() const noexcept { return client_.get(); }

private:
    struct Close {
        void operator()(jeton_client* client) const noexcept { jeton_close(client); }
    };

    static void check(int code, jeton_error* error) {
        if (code == JETON_OK) return;
        if (code == JETON_E_MEMORY) {
            jeton_error_free(error);
            throw std::bad_alloc{};
        }
        throw Error{code, error};
    }

    static const char* text(const std::string& text) { return text.empty() ? nullptr : text.c_str(); }

    int ask(const Request& wish, std::chrono::milliseconds timeout, jeton_token*& token, jeton_error*& error) {
        jeton_request request = JETON_REQUEST_INIT;
        request.connection = text(wish.connection);
        request.environment = text(wish.environment);
        request.scope = text(wish.scope);
        request.resource = text(wish.resource);
        request.rejected_token = text(wish.rejected_token);
        // What does not fit is refused by the library, not cut.
        const auto seconds = wish.min_ttl.count();
        request.min_ttl = seconds < 0 || seconds > UINT32_MAX ? UINT32_MAX : static_cast<std::uint32_t>(seconds);
        const auto milliseconds = timeout.count();
        const int patience = milliseconds > INT_MAX ? INT_MAX : milliseconds < 0 ? -1 : static_cast<int>(milliseconds);
        return jeton_token_get(client_.get(), &request, patience, &token, &error);
    }

    std::unique_ptr<jeton_client, Close> client_;
};

}  // namespace jeton

#endif
