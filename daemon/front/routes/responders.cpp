#include "daemon/front/routes/responders.hpp"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "daemon/base/log.hpp"
#include "daemon/front/routes/forward.hpp"
#include "daemon/front/routes/health.hpp"
#include "daemon/front/routes/token.hpp"
#include "libclient/protocol/words.hpp"

namespace jeton::front {
namespace {

/// Sessions of callers that cannot be told apart count as one caller's.
constexpr std::uint64_t unknown_caller = ~std::uint64_t{0};

std::string_view word_for(int status) {
    switch (status) {
        case 403: return "forbidden";
        case 429: return "too_many_requests";
        case 500: return "server_error";
        default: return "invalid_request";
    }
}

/// Attests the peer when it connects, and again before a request when that was too long ago.
class AttestedResponder : public Responder {
public:
    AttestedResponder(Desk& desk, int socket, std::string_view name)
        : desk_(desk), socket_(socket), name_(name), attested_(attest(socket, desk.clock)) {}

    [[nodiscard]] std::uint64_t caller() const override { return attested_ ? attested_->uid : unknown_caller; }

    [[nodiscard]] std::optional<Refusal> admit() override {
        if (attested_ && attested_->is_stale(desk_.clock)) attested_ = attest(socket_, desk_.clock);
        if (attested_) return std::nullopt;
        log::warning("a caller on {} is refused: {}", name_, attested_.error().operator_note);
        return Refusal{403, attested_.error().what};
    }

    [[nodiscard]] Response refuse(const Refusal& refusal) const override {
        json::object body;
        body["error"] = word_for(refusal.status);
        body["error_description"] = log::escape(refusal.what);
        body["next"] = "send a plain HTTP/1.1 request straight to this socket, from a process that stays alive";
        const auto fields = refusal.retry_after ? fmt::format("Retry-After: {}\r\n", *refusal.retry_after) : "";
        return json_response(refusal.status, json::serialize(body) + '\n', fields);
    }

protected:
    [[nodiscard]] Desk& desk() { return desk_; }
    /// Only after `admit()` has let the caller in.
    [[nodiscard]] Caller the_caller() const { return {.socket = socket_, .peer = *attested_, .socket_name = name_}; }

private:
    Desk& desk_;
    int socket_;
    std::string_view name_;
    Result<Peer> attested_;
};

class TokenResponder final : public AttestedResponder {
public:
    TokenResponder(Desk& desk, int socket) : AttestedResponder(desk, socket, "token") {}

    [[nodiscard]] std::optional<Response> answer_now(const Request& request) override {
        if (request.path == health_path) return health(request, desk().vault.state());
        return token_now(desk(), the_caller(), request);
    }

    [[nodiscard]] Task<Response> answer(const Request& request) override {
        const auto caller = the_caller();
        if (auto path = match_token_path(request.path)) {
            auto answered = co_await token(desk(), caller, request, std::move(*path));
            co_return answered;
        }
        auto answered = co_await forward(desk(), caller, request, token_socket_routes());
        co_return answered;
    }
};

class ControlResponder final : public AttestedResponder {
public:
    ControlResponder(Desk& desk, int socket) : AttestedResponder(desk, socket, "control") {}

    /// A header that a form in a browser or a careless client cannot send.
    [[nodiscard]] std::optional<Response> answer_now(const Request& request) override {
        if (request.field(protocol::client_header) == "1") return std::nullopt;
        return refusal_response(jeton::refuse(Errc::forbidden,
                                              fmt::format("the header {}: 1 is missing", protocol::client_header),
                                              "use the jeton command, or send the header"));
    }

    [[nodiscard]] Task<Response> answer(const Request& request) override {
        const auto caller = the_caller();
        auto answered = co_await forward(desk(), caller, request, control_routes());
        co_return answered;
    }
};

}  // namespace

ResponderFactory token_socket(Desk& desk) {
    return [&desk](int socket) { return std::make_unique<TokenResponder>(desk, socket); };
}

ResponderFactory control_socket(Desk& desk) {
    return [&desk](int socket) { return std::make_unique<ControlResponder>(desk, socket); };
}

}  // namespace jeton::front
