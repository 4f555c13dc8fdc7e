#include "daemon/front/routes/forward.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <boost/json/serialize.hpp>
#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>
#include <fmt/format.h>

#include "daemon/front/routes/form.hpp"
#include "daemon/front/routes/usage.hpp"
#include "libclient/protocol/serialize.hpp"

namespace jeton::front {
namespace {

/// Query parameters that are no texts.
constexpr std::array<std::string_view, 4> integers{"limit", "newest", "unused_for", "older_than"};
constexpr std::array<std::string_view, 5> flags{"missing_secret", "new_version", "pending", "dry_run",
                                                "if_never_allowed"};

bool is_in(std::span<const std::string_view> names, std::string_view name) {
    return std::ranges::find(names, name) != names.end();
}

Error bad_input(std::string what) {
    return refuse(Errc::bad_input, std::move(what), "jeton --help, or docs/ of this release");
}

Error twice(std::string_view name) { return bad_input(fmt::format("\"{}\" stands more than once", name)); }

constexpr std::chrono::minutes slow_patience{5};

/// A change that was asked for may have been made, or be made yet: whoever asked must look before asking again.
Error unsure(Error error, const Route& route) {
    if (!route.if_unsure.empty()) {
        error.next = route.if_unsure;
    } else if (route.method != "GET") {
        error.next = "jeton status; look whether it was done before you do it again";
    } else {
        return error;
    }
    error.what += "; what was asked for may have been done, or be done yet";
    error.retry_after.reset();
    return error;
}

json::string_view key(std::string_view name) { return {name.data(), name.size()}; }

Result<json::value> query_value(const Parameter& parameter) {
    const std::string_view value = parameter.value;
    if (is_in(flags, parameter.name)) {
        if (value != "true" && value != "false")
            return bad_input(fmt::format("\"{}\" must be true or false", parameter.name));
        return json::value(value == "true");
    }
    if (!is_in(integers, parameter.name)) return json::value(key(value));
    std::int64_t number = 0;
    const char* end = value.data() + value.size();
    const auto read = std::from_chars(value.data(), end, number);
    if (read.ec != std::errc{} || read.ptr != end)
        return bad_input(fmt::format("\"{}\" must be an integer", parameter.name));
    return json::value(number);
}

Result<void> add_query(json::object& body, std::string_view query) {
    const auto form = Form::parse(query);
    if (!form) return bad_input(form.error().what);
    if (const auto name = form->repeated()) return twice(*name);
    for (const auto& parameter : form->parameters()) {
        if (parameter.value.empty()) continue;
        auto value = query_value(parameter);
        if (!value) return value.error();
        if (!body.emplace(key(parameter.name), std::move(*value)).second) return twice(parameter.name);
    }
    return {};
}

/// The body stands one level deep in an inner frame, which has the same limit.
constexpr std::size_t depth_limit = protocol::json_depth_limit - 1;

bool is_deeper(const json::value& value, std::size_t limit) {
    if (!value.is_structured()) return false;
    if (limit == 0) return true;
    if (const auto* array = value.if_array()) {
        return std::ranges::any_of(*array, [&](const json::value& item) { return is_deeper(item, limit - 1); });
    }
    return std::ranges::any_of(value.get_object(),
                               [&](const auto& member) { return is_deeper(member.value(), limit - 1); });
}

Result<void> add_members(json::object& body, std::string_view text) {
    if (text.empty()) return {};
    auto document = protocol::parse_strict(text, protocol::wiped_storage());
    if (!document) return bad_input("the body: " + document.error().what);
    auto* members = document->if_object();
    if (members == nullptr) return bad_input("the body must be a JSON object");
    if (is_deeper(*document, depth_limit)) return bad_input("the body is nested too deeply");
    for (auto& member : *members) {
        const std::string_view name{member.key().data(), member.key().size()};
        if (!body.emplace(member.key(), std::move(member.value())).second) return twice(name.substr(0, 64));
    }
    return {};
}

/// The same request with another `after` (RFC 8288): whoever follows it needs to know nothing of cursors.
std::string next_link(const Request& request, std::string_view cursor) {
    auto target = fmt::format("{}?", request.path);
    for (auto rest = request.query; !rest.empty();) {
        const auto part = rest.substr(0, rest.find('&'));
        rest.remove_prefix(std::min(rest.size(), part.size() + 1));
        const auto name = form_decode(part.substr(0, part.find('=')));
        if (!part.empty() && name != "after") target += fmt::format("{}&", part);
    }
    return fmt::format("Link: <{}after={}>; rel=\"next\"\r\n", target,
                       boost::urls::encode(cursor, boost::urls::unreserved_chars));
}

}  // namespace

Response done_response(int status, const json::value& done, std::string_view fields) {
    auto body = protocol::serialize_once(done, 1);  // it may carry a fresh secret
    body += '\n';
    auto response = json_response(status, body, fields);
    protocol::wipe(body);
    return response;
}

Result<json::object> merge_body(const Match& match, const Request& request) {
    json::object body(protocol::wiped_storage());
    for (const auto& [name, value] : match.parameters) body.emplace(key(name), key(value));
    if (const auto added = add_query(body, request.query); !added) return added.error();
    if (const auto added = add_members(body, request.body); !added) return added.error();
    return body;
}

Response refusal_response(const Error& error) {
    const auto& word = protocol::word_of(error.code);
    json::object body;
    body["error"] = key(word.name);
    body["error_description"] = error.what;
    body["next"] = error.next;
    const auto fields = error.retry_after ? fmt::format("Retry-After: {}\r\n", *error.retry_after) : "";
    return json_response(word.status, json::serialize(body) + '\n', fields);
}

Response method_response(const Request& request, std::string_view allowed) {
    std::string advertised{allowed};
    if (const auto get = advertised.find("GET"); get != std::string::npos) advertised.insert(get + 3, ", HEAD");
    const auto field = fmt::format("Allow: {}\r\n", advertised);
    if (request.method == "OPTIONS") return empty_response(field);
    json::object body;
    body["error"] = "bad_input";
    body["error_description"] = fmt::format("this path answers {} only", advertised);
    body["next"] = fmt::format("use {}", advertised);
    return json_response(405, json::serialize(body) + '\n', field);
}

Task<Response> forward(Desk& desk, const Caller& caller, const Request& request, std::span<const Routes> tables) {
    const auto match = find_route(tables, request.method, request.path);
    if (match.route == nullptr) {
        if (!match.allowed.empty()) co_return method_response(request, match.allowed);
        co_return refusal_response(
            refuse(Errc::not_found, "there is no such path on this socket", "see docs/ of this release"));
    }
    std::optional<ClientThrottle::Try> guess;
    if (match.route->guessed) {
        guess = ClientThrottle::of(caller.peer.counted_as(), match.route->verb);
        if (auto wait = desk.throttle.refusal(*guess, desk.clock.boot_time())) {
            wait->what = "this user has presented too many tickets that were not open";
            wait->next = "wait, then claim the one that was handed to you";
            co_return refusal_response(*wait);
        }
    }
    auto body = merge_body(match, request);
    if (body && match.route->prepare != nullptr) {
        const auto prepared = match.route->prepare(desk, caller, *body);
        if (!prepared) co_return refusal_response(prepared.error());
    }
    if (!body) co_return refusal_response(body.error());
    if (match.route->usage_first) co_await report_usage(desk);

    const auto glimpse = caller.glimpse();
    auto question = question_of(desk, caller, glimpse, match.route->verb, json::value(std::move(*body)));
    if (match.route->slow) question.patience = slow_patience;
    auto answer = co_await desk.vault.ask(std::move(question));
    if (answer.unsure) co_return refusal_response(unsure(*answer.refused, *match.route));
    if (guess && answer.refused && answer.refused->code == Errc::forbidden)
        desk.throttle.failed(*guess, desk.clock.boot_time());
    if (answer.refused) co_return refusal_response(*answer.refused);
    if (match.route->complete != nullptr) match.route->complete(desk, answer.done);
    co_return done_response(match.route->success, answer.done, answer.next ? next_link(request, *answer.next) : "");
}

}  // namespace jeton::front
