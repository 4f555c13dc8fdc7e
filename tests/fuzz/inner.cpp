/// Frames between vault and exchange, and from the front to the vault.
#include <string>
#include <utility>

#include <boost/json/object.hpp>

#include "daemon/base/frames.hpp"
#include "daemon/exchange/answer.hpp"
#include "daemon/exchange/request.hpp"
#include "daemon/front/http/message.hpp"
#include "daemon/front/routes/forward.hpp"
#include "daemon/front/routes/route.hpp"
#include "daemon/vault/services/upstream_answer.hpp"
#include "daemon/vault/wire.hpp"
#include "libclient/protocol/serialize.hpp"
#include "tests/fuzz/target.hpp"

namespace jeton::fuzz {

void inner_frame_of_front(std::string_view input) {
    try {
        const auto request = vault::wire::read_request(input);
        require(!request.verb.empty(), "a request has a verb");
        require(!request.peer.daemon_user, "no frame makes its peer the daemon's user");
    } catch (const FrameFault&) {  // the front is broken, and its link ends
    }
}

/// Whatever the front lets through is a frame that the vault understands: one that it refuses ends the link.
void forwarded_body(std::string_view input) {
    front::Match match;
    const auto path = take_part(input);
    if (auto parameters = front::match_path("/v1/apps/{app}/tenants/{tenant}", path))
        match.parameters = *std::move(parameters);
    front::Request request{};
    request.path = path;
    request.query = take_part(input);
    request.body = input;
    auto body = front::merge_body(match, request);
    if (!body) {
        require(!body.error().what.empty(), "a refusal says why");
        return;
    }
    const boost::json::object peer{{"uid", 1000}, {"gid", 1000}, {"pid", 5}};
    const boost::json::object frame{
        {"id", 7}, {"peer", peer}, {"socket", "control"}, {"verb", "app.list"}, {"body", *body}};
    const auto asked = vault::wire::read_request(protocol::serialize_once(frame));  // a FrameFault would be that end
    require(asked.body == boost::json::value(*body), "what is asked comes as it was sent");
}

void inner_frame_of_exchange(std::string_view input) {
    try {
        (void)vault::wire::read_exchange_answer(input);
    } catch (const FrameFault&) {
    }
}

void exchange_request(std::string_view input) {
    try {
        const auto asked = exchange::read_request(input);
        if (!asked.request) return;
        const auto& request = *asked.request;
        require(request.encrypted || request.proxy.empty(), "what is not encrypted goes through no proxy");
        require(request.encrypted || request.endpoint.starts_with("http"), "without encryption it is http");
        require(!request.secret.empty(), "there is a secret");
    } catch (const FrameFault&) {
    }
}

/// What a token endpoint may answer is a frame that the vault understands, and that has no secret in its words.
void upstream_answer(std::string_view input) {
    constexpr std::string_view secret = "the-secret-that-was-sent";
    exchange::HttpAnswer answer;
    answer.status = 100 + static_cast<long>(take_number(input, 250)) * 2;
    answer.date = std::string{take_part(input)};
    answer.retry_after = std::string{take_part(input)};
    answer.body = std::string{input};
    const auto frame = exchange::frame_of_answer(7, answer, "login.example", secret, 1'800'000'000);
    require(frame.find(secret) == std::string::npos || answer.body.find(secret) != std::string::npos,
            "the secret comes from nowhere but the endpoint");
    const auto read = vault::wire::read_exchange_answer(frame);  // a FrameFault would be the end of the exchange
    require(read.id == 7, "an answer is to its request");
    const vault::ExpectedClaims expected{.client_id = "cid.1",
                                         .tenant = "1",
                                         .tenant_required = false,
                                         .issuer = {},
                                         .scopes = {"tn.crm.jobs:r"},
                                         .connection = "a/1@integration",
                                         .environment = "integration"};
    const auto token = vault::judge(read.answer, expected, "https://login.example/token");
    if (token) return;
    require(token.error().what.find(secret) == std::string::npos, "no words repeat the secret");
    require(!token.error().what.empty(), "a refusal says why");
}

}  // namespace jeton::fuzz
