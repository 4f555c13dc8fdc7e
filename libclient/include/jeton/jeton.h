/**
 * libjeton: access tokens from the local OAuth 2.0 daemon jeton, for programs in C and every language that can call C.
 *
 *     jeton_client *client = NULL;
 *     jeton_token *token = NULL;
 *     jeton_error *error = NULL;
 *     struct jeton_request wish = JETON_REQUEST_INIT;
 *     wish.connection = "dispatcher/1234567@integration";
 *     if (jeton_open(NULL, &client, &error) == JETON_OK &&
 *         jeton_token_get(client, &wish, 5000, &token, &error) == JETON_OK)
 *         use(jeton_token_text(token));
 *     else
 *         fprintf(stderr, "%s\nnext: %s\n", jeton_error_what(error), jeton_error_next(error));
 *     jeton_token_free(token);
 *     jeton_error_free(error);
 *     jeton_close(client);
 *
 * Ask whenever a token is needed: a token that was fetched before is handed out again without a system call while the
 * daemon says, in a page of memory that it shares with every program of the host (DIRECTORY/page/epoch), that nothing
 * has changed since it decided. Who is paused, unbound or rotated away gets no old token from here: the next call asks.
 * The time of a "last use" that the daemon shows is therefore the time of the last fetch.
 *
 * Common to all functions:
 *
 * - Threads: every function may be called by several threads at once, on the same objects, except that an object is
 *   closed or freed by one thread while nobody else uses it. There is no global state and no thread of its own.
 * - Waiting: only jeton_token_get() waits, for as long as its deadline at most, by CLOCK_MONOTONIC. Threads that ask
 * for the same thing at the same time share one request.
 * - Fork: a child process starts anew. It keeps nothing of what the parent fetched and none of its sockets; its first
 *   call sees to that. Tokens, clients and errors that the parent held remain the child's to read, close and free.
 * - Signals: a signal neither shortens nor lengthens a deadline, and SIGPIPE is never raised. No function is
 *   async-signal-safe: do not call them from a signal handler. Nor is a thread cancelled inside of one.
 * - Identity: the daemon decides by who the kernel says is calling. A process that changes its user or group is noticed
 *   at its next fetch; whatever was kept before is forgotten then. To forget it at once: jeton_forget().
 * - Exceptions: none ever leaves. Where memory is short the answer is JETON_E_MEMORY.
 * - Texts: UTF-8, ended by NUL; those returned belong to the object they were asked of and live as long as it.
 *   Tokens are overwritten before their memory is given back. No error text holds one.
 *
 * The layout of the structs, the values and the symbols here are the ABI libjeton.so.1 (symbol version JETON_1).
 * Structs carry their size: a later libjeton adds members at their ends.
 */
#ifndef JETON_JETON_H
#define JETON_JETON_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define JETON_API __attribute__((visibility("default")))
#else
#define JETON_API
#endif

/** A daemon to ask, and the tokens that came from it. */
typedef struct jeton_client jeton_client;
/** A token as it was when it came. */
typedef struct jeton_token jeton_token;
/** Why there is none. */
typedef struct jeton_error jeton_error;

/** What a call came to. Values are added at the end, never changed. */
enum jeton_code {
    JETON_OK = 0,
    JETON_E_INVALID = 1,     /**< an argument that cannot be: a mistake in the program */
    JETON_E_MEMORY = 2,      /**< no memory */
    JETON_E_TIMEOUT = 3,     /**< the deadline passed; with timeout 0: no kept token holds */
    JETON_E_UNREACHABLE = 4, /**< nobody listens, or not for this user */
    JETON_E_UNTRUSTED = 5,   /**< the directory or who serves the socket is not what it must be; nothing was sent */
    JETON_E_ANSWER = 6,      /**< what came back is no answer of a daemon */
    JETON_E_REFUSED = 7,     /**< the daemon gives no token: jeton_error_word() says why */
    JETON_E_UNAVAILABLE = 8, /**< not now (sealed, portal down, too many requests): jeton_error_retry_after() */
    JETON_E_SYSTEM = 9       /**< the operating system gave no descriptor or no clock */
};

/** Where to ask. Set it up with JETON_OPTIONS_INIT. */
struct jeton_options {
    size_t size; /**< sizeof(struct jeton_options) */
    /** The directory of the daemon's token.sock. NULL: $JETON_SOCKET_DIR (not in a set-user-ID program), else
     *  $XDG_RUNTIME_DIR/jeton where a daemon of this user's own listens, else /run/jeton; which of the two answered
     *  first is asked from then on. */
    const char* directory;
    uint32_t flags;    /**< of JETON_NO_PAGE; else 0 */
    uint32_t reserved; /**< 0 */
};
#define JETON_OPTIONS_INIT {sizeof(struct jeton_options), NULL, 0, 0}

/** Flag: leave the page alone. Nothing is kept then, and every call asks the daemon, over a session that stays open. */
#define JETON_NO_PAGE 0x1u

/** What is asked for. Set it up with JETON_REQUEST_INIT; a text that is NULL or empty is not asked for. */
struct jeton_request {
    size_t size;                /**< sizeof(struct jeton_request) */
    const char* connection;     /**< APP/TENANT@ENVIRONMENT; NULL: the binding that is this user's default */
    const char* environment;    /**< without a connection: the default binding within this environment */
    const char* scope;          /**< names with spaces between; NULL: all that the tenant allowed */
    const char* resource;       /**< who the token is for (RFC 8707); several with spaces between */
    const char* rejected_token; /**< one that the API did not take (401): the daemon replaces it */
    uint32_t min_ttl;           /**< seconds that must be left of its life, up to 86400; 0: any */
    uint32_t flags;             /**< 0 */
};
#define JETON_REQUEST_INIT {sizeof(struct jeton_request), NULL, NULL, NULL, NULL, NULL, 0, 0}

/** Release of the library that is loaded: "0.1.0". */
JETON_API const char* jeton_version(void);

/** A name for a code: "JETON_E_TIMEOUT". Never NULL. */
JETON_API const char* jeton_code_name(int code);

/**
 * Makes a client. Nothing is connected and nothing is sent: that is what the first jeton_token_get() does, and each one
 * that finds the session gone.
 *
 * @param options   NULL: the defaults.
 * @param client    where the client goes; NULL is put there if there is none. Close it with jeton_close().
 * @param error     where the reason goes if the answer is not JETON_OK; may be NULL. Free it with jeton_error_free().
 * @return JETON_OK, JETON_E_INVALID, JETON_E_MEMORY.
 */
JETON_API int jeton_open(const struct jeton_options* options, jeton_client** client, jeton_error** error);

/** Closes a client, its session and its descriptor, and wipes what it kept. Tokens that were handed out live on. NULL:
 * nothing. */
JETON_API void jeton_close(jeton_client* client);

/**
 * A token: one that is kept and may be used again now, else the daemon's answer.
 *
 * A kept token is handed out while the page says the instance and epoch that the answer's header Jeton-Epoch named, the
 * daemon was alive within the last 3 seconds, the header's seconds have not passed, `min_ttl` is left, and it is not
 * `rejected_token`. That makes no system call.
 *
 * @param request     NULL: the default binding, nothing special.
 * @param timeout_ms  milliseconds that the call may take; 0: only a kept token, without waiting. Less is
 * JETON_E_INVALID. The daemon itself waits up to 15 seconds for a token endpoint elsewhere.
 * @param token       where the token goes; NULL is put there if there is none. Free it with jeton_token_free().
 * @param error       as in jeton_open().
 * @return JETON_OK, or any other code.
 */
JETON_API int jeton_token_get(jeton_client* client, const struct jeton_request* request, int timeout_ms,
                              jeton_token** token, jeton_error** error);

/** Gives a token back; when nobody holds it any more it is overwritten. NULL: nothing. */
JETON_API void jeton_token_free(jeton_token* token);

/** The access token, for `Authorization: Bearer …`: visible ASCII without a space. */
JETON_API const char* jeton_token_text(const jeton_token* token);
/** "Bearer". */
JETON_API const char* jeton_token_type(const jeton_token* token);
/** Its scopes, with spaces between. */
JETON_API const char* jeton_token_scope(const jeton_token* token);
/** APP/TENANT@ENVIRONMENT it is for. */
JETON_API const char* jeton_token_connection(const jeton_token* token);
/** What the API wants beside the token; NULL where the app has no key. */
JETON_API const char* jeton_token_app_key(const jeton_token* token);
/** Seconds of its life that are left now, rounded down; 0: it has ended. */
JETON_API int64_t jeton_token_expires_in(const jeton_token* token);
/** 1: the daemon stands by it still, by all that jeton_token_get() looks at but the request. 0: not so; ask. A client
 * that forgot it (jeton_forget(), a rejected or a longer-lived one in its place) does not make it end. No system call.
 */
JETON_API int jeton_token_holds(const jeton_token* token);

/** Forgets and wipes every token that is kept, and closes the session: the next call asks. Tokens handed out live on.
 */
JETON_API void jeton_forget(jeton_client* client);

/**
 * A descriptor for poll(2), select(2) and event loops: when it is readable, call jeton_changed(). It is a timer of the
 * kernel (timerfd) that ticks once a second; a change is therefore seen up to a second late, and the price is one
 * wake-up and one read(2) a second for as long as it is waited for. It belongs to the client: do not read or close it.
 * A child process asks for its own.
 *
 * @return JETON_OK, JETON_E_INVALID (also: JETON_NO_PAGE, nothing is kept), JETON_E_SYSTEM, JETON_E_MEMORY.
 */
JETON_API int jeton_change_fd(jeton_client* client, int* fd, jeton_error** error);

/**
 * 1: at least one token that was kept does not hold any more (something that is allowed has changed, the daemon is
 * gone, its time is up); it is forgotten, so each end is told once. 0: all that is kept holds. Never waits.
 */
JETON_API int jeton_changed(jeton_client* client);

/** The code; JETON_OK for NULL. */
JETON_API int jeton_error_code(const jeton_error* error);
/** What happened, for a person. Never NULL. */
JETON_API const char* jeton_error_what(const jeton_error* error);
/** What to do now, for a person. Never NULL, may be empty. */
JETON_API const char* jeton_error_next(const jeton_error* error);
/** The daemon's word (RFC 6749 section 5.2): "invalid_client", "temporarily_unavailable", …; empty where it said none.
 */
JETON_API const char* jeton_error_word(const jeton_error* error);
/** Seconds after which to ask again; -1 where the daemon named none. */
JETON_API int64_t jeton_error_retry_after(const jeton_error* error);
/** NULL: nothing. */
JETON_API void jeton_error_free(jeton_error* error);

#ifdef __cplusplus
}
#endif

#endif
