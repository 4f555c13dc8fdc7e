// The C ABI: arguments checked, objects handed over, no exception let out. What happens is told elsewhere.
#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>

#include <unistd.h>

#include "libclient/http/server_check.hpp"
#include "libclient/include/jeton/jeton.h"
#include "libclient/library/answer.hpp"
#include "libclient/library/client.hpp"
#include "libclient/library/no_cancellation.hpp"
#include "libclient/protocol/words.hpp"

using namespace jeton::library;  // NOLINT(google-build-using-namespace): the functions below belong to nobody else

/// A client across forks: the child's first call makes its own inside.
struct jeton_client {
    explicit jeton_client(Settings given) : settings_(std::move(given)), inside_(new Client{settings_}) {}
    jeton_client(const jeton_client&) = delete;
    jeton_client& operator=(const jeton_client&) = delete;
    /// What is still the parent's is left alone: its locks may be held by threads that are no more.
    ~jeton_client() {
        if (mark_.here()) delete inside_.load();
    }

    Client& here() {
        if (!mark_.here()) start_anew();
        return *inside_.load(std::memory_order_acquire);
    }

private:
    /// In a child. Throws std::bad_alloc where there is no memory for it; the next call tries again then.
    [[gnu::noinline]] void start_anew() {
        const NoCancellation whole_call;
        while (!mark_.here()) {
            if (!mark_.renew()) continue;
            // What a thread of the parent held is left behind with its lock; ends with the process.
            inside_.load()->abandon();
            try {
                inside_.store(new Client{settings_});
            } catch (...) {
                mark_.not_renewed();
                throw;
            }
            mark_.renewed();
        }
    }

    Settings settings_;
    ForkMark mark_;
    std::atomic<Client*> inside_;
};

namespace {

/// What is answered when there is no memory to say more; never freed.
jeton_error& no_memory() {
    static jeton_error error{};
    return error;
}

int tell(jeton_error** error, Problem problem) noexcept {
    const int code = problem.code;
    if (error == nullptr) return code;
    *error = new (std::nothrow) jeton_error{std::move(problem)};
    return code;
}

/// `work` returns a code. Whatever it throws becomes one; a cancelled thread's unwinding must not come here.
template <class Work>
int guarded(jeton_error** error, const Work& work) noexcept {
    if (error != nullptr) *error = nullptr;
    try {
        return work();
    } catch (...) {
        if (error != nullptr) *error = &no_memory();
        return JETON_E_MEMORY;
    }
}

/// A struct that a program filled in, of whatever release; `first_size`: what the first release had.
/// False where it has members that this release does not know, and they are set.
template <class Struct>
bool read_sized(const Struct& given, std::size_t first_size, Struct& read) {
    if (given.size < first_size) return false;
    std::memcpy(&read, &given, std::min(given.size, sizeof read));
    const auto* bytes = reinterpret_cast<const unsigned char*>(&given);
    return std::all_of(bytes + std::min(given.size, sizeof read), bytes + given.size,
                       [](auto byte) { return byte == 0; });
}

std::string_view text_of(const char* text) { return text == nullptr ? std::string_view{} : std::string_view{text}; }

std::unexpected<Problem> wrong_struct(const char* name) {
    return refuse(JETON_E_INVALID,
                  std::string{"the "} + name + " is not set up, or asks for what this libjeton does not know",
                  std::string{"begin with its _INIT; this is libjeton "} + jeton_version());
}

std::vector<std::string> usual_directories() {
    if (const char* named = ::secure_getenv("JETON_SOCKET_DIR"); named != nullptr && *named != '\0') return {named};
    std::vector<std::string> directories;
    const char* runtime = ::secure_getenv("XDG_RUNTIME_DIR");
    if (runtime != nullptr && *runtime != '\0' && !jeton::client::is_of_another(runtime, ::geteuid())) {
        directories.push_back(std::string{runtime} + "/jeton");
    }
    directories.emplace_back("/run/jeton");
    return directories;
}

Result<Settings> settings_of(const jeton_options* given) {
    jeton_options options = JETON_OPTIONS_INIT;
    if (given != nullptr && !read_sized(*given, sizeof options, options)) return wrong_struct("options");
    if ((options.flags & ~JETON_NO_PAGE) != 0 || options.reserved != 0) return wrong_struct("options");
    Settings settings;
    settings.use_page = (options.flags & JETON_NO_PAGE) == 0;
    const auto directory = text_of(options.directory);
    if (directory.empty()) {
        settings.directories = usual_directories();
    } else {
        settings.directories.emplace_back(directory);
    }
    return settings;
}

Wish wish_in(const jeton_request& request) {
    return {text_of(request.connection), text_of(request.environment),    text_of(request.scope),
            text_of(request.resource),   text_of(request.rejected_token), request.min_ttl};
}

Result<Wish> wish_of(const jeton_request* given) {
    if (given == nullptr) return Wish{};
    jeton_request request = JETON_REQUEST_INIT;
    if (!read_sized(*given, sizeof request, request) || request.flags != 0) return wrong_struct("request");
    return wish_in(request);
}

/// Out of line: its room on the stack is not for who gets what is kept.
[[gnu::noinline]] Result<TokenRef> asked_for(jeton_client& client, const jeton_request* request, int timeout_ms) {
    const auto wish = wish_of(request);
    if (!wish) return std::unexpected{wish.error()};
    if (timeout_ms < 0) {
        return refuse(JETON_E_INVALID, "the timeout is negative",
                      "give milliseconds; there is no waiting without an end");
    }
    const NoCancellation whole_call;
    return client.here().get(*wish, std::chrono::milliseconds{timeout_ms});
}

int no_place(jeton_error** error, const char* what) {
    return tell(error, refuse(JETON_E_INVALID, std::string{what} + " is NULL", "give its address").error());
}

}  // namespace

extern "C" {

const char* jeton_version(void) { return JETON_VERSION; }

const char* jeton_code_name(int code) {
    switch (code) {
        case JETON_OK: return "JETON_OK";
        case JETON_E_INVALID: return "JETON_E_INVALID";
        case JETON_E_MEMORY: return "JETON_E_MEMORY";
        case JETON_E_TIMEOUT: return "JETON_E_TIMEOUT";
        case JETON_E_UNREACHABLE: return "JETON_E_UNREACHABLE";
        case JETON_E_UNTRUSTED: return "JETON_E_UNTRUSTED";
        case JETON_E_ANSWER: return "JETON_E_ANSWER";
        case JETON_E_REFUSED: return "JETON_E_REFUSED";
        case JETON_E_UNAVAILABLE: return "JETON_E_UNAVAILABLE";
        case JETON_E_SYSTEM: return "JETON_E_SYSTEM";
        default: return "a code of a later libjeton";
    }
}

int jeton_open(const jeton_options* options, jeton_client** client, jeton_error** error) {
    if (client != nullptr) *client = nullptr;
    return guarded(error, [&] {
        if (client == nullptr) return no_place(error, "client");
        auto settings = settings_of(options);
        if (!settings) return tell(error, std::move(settings.error()));
        *client = new jeton_client{std::move(*settings)};
        return int{JETON_OK};
    });
}

void jeton_close(jeton_client* client) {
    if (client == nullptr) return;
    const NoCancellation whole_call;
    (void)guarded(nullptr, [&] {
        (void)client->here();
        return int{JETON_OK};
    });
    delete client;
}

int jeton_token_get(jeton_client* client, const jeton_request* request, int timeout_ms, jeton_token** token,
                    jeton_error** error) {
    if (token != nullptr) *token = nullptr;
    return guarded(error, [&] {
        if (client == nullptr) return no_place(error, "client");
        if (token == nullptr) return no_place(error, "token");
        // The way that is gone for nearly every call: nothing is made but a share of what is kept.
        if (request != nullptr && request->size == sizeof *request && request->flags == 0 && timeout_ms >= 0) {
            if (auto kept = client->here().find(wish_in(*request))) {
                *token = kept.release();
                return int{JETON_OK};
            }
        }
        auto got = asked_for(*client, request, timeout_ms);
        if (!got) return tell(error, std::move(got.error()));
        *token = got->release();
        return int{JETON_OK};
    });
}

void jeton_token_free(jeton_token* token) { TokenRef::give_back(token); }

const char* jeton_token_text(const jeton_token* token) { return token->text.c_str(); }
const char* jeton_token_type(const jeton_token* token) { return token->type.c_str(); }
const char* jeton_token_scope(const jeton_token* token) { return token->scope.c_str(); }
const char* jeton_token_connection(const jeton_token* token) { return token->connection.c_str(); }
const char* jeton_token_app_key(const jeton_token* token) { return token->app_key ? token->app_key->c_str() : nullptr; }

int64_t jeton_token_expires_in(const jeton_token* token) {
    const auto now = Moment::now();
    if (now.boot >= token->ends || now.wall >= token->ends_by_wall) return 0;
    return std::min(static_cast<int64_t>((token->ends - now.boot) / 1'000'000'000),
                    static_cast<int64_t>(token->ends_by_wall - now.wall));
}

int jeton_token_holds(const jeton_token* token) { return holds(*token, 0) ? 1 : 0; }

void jeton_forget(jeton_client* client) {
    const NoCancellation whole_call;
    (void)guarded(nullptr, [&] {
        client->here().forget();
        return int{JETON_OK};
    });
}

int jeton_change_fd(jeton_client* client, int* fd, jeton_error** error) {
    if (fd != nullptr) *fd = -1;
    const NoCancellation whole_call;
    return guarded(error, [&] {
        if (client == nullptr) return no_place(error, "client");
        if (fd == nullptr) return no_place(error, "fd");
        auto made = client->here().change_fd();
        if (!made) return tell(error, std::move(made.error()));
        *fd = *made;
        return int{JETON_OK};
    });
}

int jeton_changed(jeton_client* client) {
    const NoCancellation whole_call;
    bool any = false;
    (void)guarded(nullptr, [&] {
        any = client->here().changed();
        return int{JETON_OK};
    });
    return any ? 1 : 0;
}

int jeton_error_code(const jeton_error* error) { return error == nullptr ? int{JETON_OK} : error->code; }
const char* jeton_error_what(const jeton_error* error) {
    if (error == nullptr) return "nothing went wrong, or there was no memory to say what";
    return error->code == JETON_E_MEMORY && error->what.empty() ? "there is no memory left" : error->what.c_str();
}
const char* jeton_error_next(const jeton_error* error) { return error == nullptr ? "" : error->next.c_str(); }
const char* jeton_error_word(const jeton_error* error) { return error == nullptr ? "" : error->word.c_str(); }
int64_t jeton_error_retry_after(const jeton_error* error) { return error == nullptr ? -1 : error->retry_after; }
void jeton_error_free(jeton_error* error) {
    if (error != &no_memory()) delete error;
}

}  // extern "C"
