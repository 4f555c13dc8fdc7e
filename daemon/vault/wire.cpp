#include "daemon/vault/wire.hpp"

#include <boost/json/serialize.hpp>

#include "daemon/base/frames.hpp"
#include "daemon/vault/verbs/peer_view.hpp"
#include "libclient/protocol/fields.hpp"
#include "libclient/protocol/serialize.hpp"
#include "libclient/protocol/words.hpp"

namespace jeton::vault::wire {
namespace {

constexpr std::int64_t id_limit = 9'223'372'036'854'775'807;
constexpr std::int64_t date_limit = 253'402'300'799;  // the end of the year 9999
constexpr int exchange_timeout_ms = 10'000;
constexpr std::size_t known_limit = protocol::frame_limit / 4;  // bytes

json::value parse(std::string_view payload) {
    auto value = protocol::parse_strict(payload, protocol::wiped_storage());
    if (!value) throw FrameFault("an inner frame is refused: " + value.error().what);
    return *std::move(value);
}

void require(const protocol::Fields& in) {
    if (const auto problem = in.problem()) throw FrameFault("an inner frame is refused: " + *problem);
}

std::string with_moment(std::uint64_t id, const Moment& moment, std::string_view member, const json::value& value,
                        std::string_view next = {}) {
    json::object frame(protocol::wiped_storage());
    frame["id"] = id;
    frame["instance"] = moment.instance;
    frame["epoch"] = moment.epoch;
    frame[json::string_view{member.data(), member.size()}] = value;
    if (!next.empty()) frame["next"] = json::string_view{next.data(), next.size()};
    return protocol::serialize_once(frame);
}

/// Null where there are so many that they would not fit an event: then everybody counts as known, which is about room
/// alone.
json::value known_view(const KnownCallers& known) {
    const auto list = [](const auto& values) { return json::array(values.begin(), values.end()); };
    json::value view{{"users", list(known.users)},
                     {"groups", list(known.groups)},
                     {"units", list(known.units)},
                     {"container_users", list(known.container_users)}};
    return json::serialize(view).size() > known_limit ? json::value{} : view;
}

}  // namespace

Request read_request(std::string_view payload) {
    auto value = parse(payload);
    protocol::Fields in{value};
    Request request;
    request.id = static_cast<std::uint64_t>(in.integer("id", 0, id_limit));
    request.verb = in.text("verb");
    const auto socket = in.text("socket");
    if (request.verb.empty()) throw FrameFault("an inner frame names no verb");
    if (socket != "control" && socket != "token") throw FrameFault("an inner frame names no socket of ours");
    if (in.object("peer") == nullptr) throw FrameFault("an inner frame names no peer");
    if (in.object("body") == nullptr) throw FrameFault("an inner frame has no body");
    require(in);
    auto peer = read_peer(value.get_object().at("peer"));
    if (!peer) throw FrameFault("an inner frame is refused: " + peer.error().what);
    request.peer = *std::move(peer);
    request.peer.on_control_socket = socket == "control";
    request.body = std::move(value.get_object().at("body"));
    return request;
}

std::string answer(std::uint64_t id, const Moment& moment, const json::value& done, std::string_view next) {
    return with_moment(id, moment, "done", done, next);
}

std::string refusal(std::uint64_t id, const Moment& moment, const Error& error) {
    json::object refused{
        {"error", protocol::word_of(error.code).name}, {"error_description", error.what}, {"next", error.next}};
    if (error.retry_after) refused["retry_after"] = *error.retry_after;
    return with_moment(id, moment, "refused", refused);
}

std::string moment_event(std::string_view event, const Moment& moment, std::string_view state, Attested attested,
                         const KnownCallers* known) {
    json::array attest;
    if (attested.groups) attest.emplace_back("groups");
    if (attested.unit) attest.emplace_back("unit");
    json::object frame{{"event", event},
                       {"instance", moment.instance},
                       {"epoch", moment.epoch},
                       {"state", state},
                       {"attest", std::move(attest)}};
    if (known != nullptr) frame["known"] = known_view(*known);
    return json::serialize(frame);
}

std::string token_replaced_event(std::string_view connection) {
    return json::serialize(json::value{{"event", "token_replaced"}, {"connection", connection}});
}

std::string ending_event() { return R"({"event":"ending"})"; }

std::string exchange_request(std::uint64_t id, const ExchangeRequest& request, const std::string& authorities,
                             const Config::Exchange& proxy) {
    json::object frame(protocol::wiped_storage());
    frame["id"] = id;
    frame["endpoint"] = request.endpoint;
    frame["client_auth"] = name_of(request.client_auth);
    frame["client_id"] = request.client_id;
    const auto secret = request.client_secret.reveal();
    frame["client_secret"] = json::string_view{secret.data(), secret.size()};
    if (!request.scope.empty()) frame["scope"] = request.scope;
    if (!authorities.empty()) frame["authorities"] = authorities;
    if (!request.form.empty()) {
        json::object form(protocol::wiped_storage());
        for (const auto& field : request.form) form[field.name] = field.value;
        frame["form"] = std::move(form);
    }
    if (!proxy.proxy.empty()) {
        frame["proxy"] = proxy.proxy;
        frame["proxy_loopback"] = proxy.proxy_loopback;
    }
    frame["allow_loopback_http"] = request.allow_loopback_http;
    frame["timeout_ms"] = exchange_timeout_ms;
    return protocol::serialize_once(frame);
}

NumberedAnswer read_exchange_answer(std::string_view payload) {
    const auto value = parse(payload);
    protocol::Fields in{value};
    NumberedAnswer numbered;
    numbered.id = static_cast<std::uint64_t>(in.integer("id", 0, id_limit));
    numbered.answer.status = static_cast<int>(in.optional_integer("status", 0, 999).value_or(0));
    numbered.answer.retry_after = in.optional_integer("retry_after", 0, id_limit);
    numbered.answer.failure = in.text_or("failure", "");
    numbered.answer.our_own_fault = in.optional_flag("own").value_or(false);
    numbered.answer.server_date = in.optional_integer("date", 0, date_limit);
    const auto* answered = in.object("json");
    require(in);
    if (answered == nullptr) return numbered;
    protocol::Fields token{value.get_object().at("json")};
    numbered.answer.access_token = SecretText{token.optional_secret("access_token")};
    numbered.answer.expires_in = token.optional_integer("expires_in", -id_limit, id_limit);
    numbered.answer.token_type = token.text_or("token_type", "");
    numbered.answer.scope = token.text_or("scope", "");
    numbered.answer.error = token.text_or("error", "");
    (void)token.optional_text("error_description");
    require(token);
    return numbered;
}

}  // namespace jeton::vault::wire
