#include "daemon/front/routes/responders.hpp"

#include <utility>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "daemon/base/log.hpp"
#include "daemon/base/seldom.hpp"
#include "daemon/front/routes/doctor.hpp"
#include "daemon/front/routes/forward.hpp"
#include "daemon/front/routes/health.hpp"
#include "daemon/front/routes/introspection.hpp"
#include "daemon/front/routes/metrics.hpp"
#include "daemon/front/routes/revocation.hpp"
#include "daemon/front/routes/token.hpp"
#include "daemon/front/tokens/recurrence.hpp"
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
        case 503: return "temporarily_unavailable";
        default: return "invalid_request";
    }
}

/// Before Linux 6.5, of a process that has hardly begun: it may have taken over the number of one in a container that
/// connected and ended (T9). Its next session is later than its begin for certain.
Refusal too_young() {
    return {503, "this kernel does not say whether you are the process that connected: connect again", 0};
}

/// Attests the peer when it connects, and again before a request when that was too long ago or told too little.
class AttestedResponder : public Responder {
public:
    AttestedResponder(Desk& desk, const Arrival& arrival, std::string_view name, const Details& asked)
        : desk_(desk), counters_(desk.counters), arrival_(arrival), name_(name), caller_(meet(asked)) {
        ++counters_->of(name_).sessions;
    }
    AttestedResponder(const AttestedResponder&) = delete;
    AttestedResponder& operator=(const AttestedResponder&) = delete;
    ~AttestedResponder() override { --counters_->of(name_).sessions; }

    void answered(int status) override { ++counters_->of(name_).answers[status]; }

    [[nodiscard]] std::uint64_t caller() const override {
        return caller_ ? caller_->peer.counted_as() : unknown_caller;
    }

    [[nodiscard]] bool is_stranger() const override { return !caller_ || !desk_.vault.knows(caller_->peer); }

    [[nodiscard]] Response refuse(const Refusal& refusal) const override {
        json::object body;
        body["error"] = word_for(refusal.status);
        body["error_description"] = log::escape(refusal.what);
        body["next"] = json::string_view{refusal.next.data(), refusal.next.size()};
        std::string fields = "Pragma: no-cache\r\n";  // a refused token request may be told here, too (RFC 6749 §5.2)
        if (refusal.retry_after) fields += fmt::format("Retry-After: {}\r\n", *refusal.retry_after);
        return json_response(refusal.status, json::serialize(body) + '\n', fields);
    }

protected:
    [[nodiscard]] Desk& desk() { return desk_; }

    /// Nothing where the caller is known as far as is asked. `anew`: whatever was known before.
    [[nodiscard]] std::optional<Refusal> know(const Details& asked, bool anew = false) {
        if (caller_ && (anew || caller_->peer.is_stale(desk_.clock) || !caller_->peer.tells(asked)))
            caller_ = meet(asked);
        if (caller_ && is_sure_enough(caller_->peer)) return std::nullopt;
        if (caller_) return too_young();
        log::seldom_warning(fmt::format("a caller on {} is refused: {}", name_, caller_.error().operator_note));
        return Refusal{403, caller_.error().what};
    }

    /// Whether a guess would do, where the kernel leaves room for one.
    [[nodiscard]] virtual bool is_sure_enough(const Peer& peer) const = 0;
    /// Only after `know()` has let the caller in; valid until it is called again.
    [[nodiscard]] Caller& the_caller() { return *caller_; }

private:
    [[nodiscard]] Result<Caller> meet(const Details& asked) const {
        auto peer = attest(arrival_.socket, asked, desk_.clock, arrival_.connected_after);
        if (!peer) return peer.error();
        return Caller{.socket = arrival_.socket, .peer = *std::move(peer), .socket_name = name_};
    }

    Desk& desk_;
    std::shared_ptr<Counters> counters_;
    Arrival arrival_;
    std::string_view name_;
    Result<Caller> caller_;
};

/// Groups and unit are looked at only while something depends on them: most requests here are answered in microseconds.
class TokenResponder final : public AttestedResponder {
public:
    TokenResponder(Desk& desk, const Arrival& arrival)
        : AttestedResponder(desk, arrival, "token", desk.vault.attests()) {}

    [[nodiscard]] std::optional<Refusal> admit() override { return know(desk().vault.attests()); }

    [[nodiscard]] std::optional<Response> answer_repeated(std::string_view input) override {
        print_.reset();
        if (admit()) return std::nullopt;  // who is refused hears it in the ordinary way
        auto repeated = recurrence_.is_to_be_expected() ? recognised(input) : std::nullopt;
        recurrence_.saw(repeated.has_value());
        return repeated;
    }

    [[nodiscard]] std::optional<Response> answer_now(const Request& request) override {
        const auto print = std::exchange(print_, {});
        if (request.path == health_path) return health(request, desk().vault.state());
        if (const auto refusal = admit()) return refuse(*refusal);  // more may be asked since the head was read
        return token_now(desk(), the_caller(), request, print);
    }

    [[nodiscard]] Task<Response> answer(const Request& request) override {
        if (auto path = match_token_path(request.path)) {
            auto answered = co_await token(desk(), the_caller(), request, std::move(*path));
            co_return answered;
        }
        if (auto environment = match_introspection_path(request.path)) {
            auto answered = co_await introspect(desk(), the_caller(), request, std::move(*environment));
            co_return answered;
        }
        if (auto environment = match_revocation_path(request.path)) {
            auto answered = co_await revoke(desk(), the_caller(), request, std::move(*environment));
            co_return answered;
        }
        if (const auto refusal = know(groups_too())) co_return refuse(*refusal);
        auto answered = co_await forward(desk(), the_caller(), request, token_socket_routes());
        co_return answered;
    }

private:
    std::optional<RequestPrint> print_;  ///< of what had come when the request began, where it was looked for
    Recurrence recurrence_;

    [[nodiscard]] std::optional<Response> recognised(std::string_view input) {
        print_ = desk().fingerprinter.print(the_caller().identity(desk().fingerprinter), input);
        return token_again(desk(), the_caller(), *print_);
    }

    /// A program of a user may be younger than a second, and often is; root's may not.
    [[nodiscard]] bool is_sure_enough(const Peer& peer) const override {
        return peer.certain || peer.foreign || peer.uid != 0;
    }

    /// `whoami` shows the groups, whatever depends on them.
    [[nodiscard]] Details groups_too() {
        auto details = desk().vault.attests();
        details.groups = true;
        return details;
    }
};

class ControlResponder final : public AttestedResponder {
public:
    ControlResponder(Desk& desk, const Arrival& arrival) : AttestedResponder(desk, arrival, "control", groups) {}

    [[nodiscard]] std::optional<Refusal> admit() override {
        if (auto refusal = know(groups, true)) return refusal;
        if (!the_caller().peer.changed_user) return std::nullopt;
        // The kernel's word is of connect(): what the process has given up since is not its own any more (T12).
        log::warning("a caller on control is refused: pid {} is no longer uid {}", the_caller().peer.pid,
                     the_caller().peer.uid);
        return Refusal{403, "the process has changed its user since it connected: connect again"};
    }

    /// A header that a form in a browser or a careless client cannot send.
    [[nodiscard]] std::optional<Response> answer_now(const Request& request) override {
        if (request.field(protocol::client_header) == "1" || request.path == metrics_path) return std::nullopt;
        return refusal_response(jeton::refuse(Errc::forbidden,
                                              fmt::format("the header {}: 1 is missing", protocol::client_header),
                                              "use the jeton command, or send the header"));
    }

    [[nodiscard]] Task<Response> answer(const Request& request) override {
        if (request.path == metrics_path) {
            auto answered = co_await metrics(desk(), the_caller(), request);
            co_return answered;
        }
        if (request.method == "GET" && request.path == doctor_path) {
            auto answered = co_await doctor(desk(), the_caller(), request);
            co_return answered;
        }
        auto answered = co_await forward(desk(), the_caller(), request, control_routes());
        co_return answered;
    }

private:
    [[nodiscard]] bool is_sure_enough(const Peer& peer) const override { return peer.certain || peer.foreign; }

    /// Roles may depend on groups; nothing here on a unit: each question tells it as far as it can be seen.
    static constexpr Details groups{.groups = true, .unit = false, .user_now = true};
};

}  // namespace

ResponderFactory token_socket(Desk& desk) {
    return [&desk](const Arrival& arrival) { return std::make_unique<TokenResponder>(desk, arrival); };
}

ResponderFactory control_socket(Desk& desk) {
    return [&desk](const Arrival& arrival) { return std::make_unique<ControlResponder>(desk, arrival); };
}

}  // namespace jeton::front
