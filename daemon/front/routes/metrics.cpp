#include "daemon/front/routes/metrics.hpp"

#include <chrono>
#include <utility>

#include <boost/json/value_to.hpp>

#include "daemon/base/log.hpp"
#include "daemon/front/routes/exposition.hpp"
#include "daemon/front/routes/form.hpp"
#include "daemon/front/routes/forward.hpp"
#include "libclient/protocol/fields.hpp"

namespace jeton::front {
namespace {

constexpr std::chrono::seconds patience{10};

std::int64_t number(std::uint64_t count) { return static_cast<std::int64_t>(count); }

Family family(std::string name, std::string type, std::string help) {
    return {std::move(name), std::move(type), std::move(help), {}};
}

std::vector<Family> own_families(const Desk& desk) {
    const auto& counters = *desk.counters;
    auto up = family("jeton_uptime_seconds", "gauge", "Time since jetond began.");
    up.samples.push_back({{}, std::chrono::floor<std::chrono::seconds>(desk.clock.boot_time() - desk.started).count()});
    auto sessions = family("jeton_sessions", "gauge", "Open sessions by socket.");
    auto answers = family("jeton_http_requests_total", "counter", "Answers by socket and HTTP status.");
    for (const auto& [socket, counted] : {std::pair{"token", &counters.token}, {"control", &counters.control}}) {
        sessions.samples.push_back({{{"socket", socket}}, counted->sessions});
        for (const auto& [status, count] : counted->answers)
            answers.samples.push_back({{{"socket", socket}, {"status", std::to_string(status)}}, number(count)});
    }
    auto tokens =
        family("jeton_tokens_issued_total", "counter", "Tokens handed out, by whether the decision was cached.");
    tokens.samples.push_back({{{"decision", "cached"}}, number(counters.tokens_repeated)});
    tokens.samples.push_back({{{"decision", "made"}}, number(counters.tokens_decided)});
    auto refused = family("jeton_tokens_refused_total", "counter", "Token requests that were refused, by error.");
    for (const auto& [error, count] : counters.tokens_refused)
        refused.samples.push_back({{{"error", std::string{error}}}, number(count)});
    auto cached = family("jeton_decisions_cached", "gauge", "Decisions that can be repeated without the vault.");
    cached.samples.push_back({{}, static_cast<std::int64_t>(desk.decisions.size())});

    std::vector<Family> families{std::move(up), std::move(sessions), std::move(answers), std::move(tokens),
                                 std::move(cached)};
    if (!refused.samples.empty()) families.push_back(std::move(refused));
    return families;
}

/// `done` of `metrics.show`. Throws what Boost.JSON throws where it is not as agreed.
void add_families(std::vector<Family>& families, const json::value& done) {
    const auto text = [](const json::value& value) { return json::value_to<std::string>(value); };
    for (const auto& one : done.as_array()) {
        auto read = family(text(one.at("name")), text(one.at("type")), text(one.at("help")));
        for (const auto& value : one.at("samples").as_array()) {
            Sample sample{{}, value.at("value").to_number<std::int64_t>()};
            for (const auto& label : value.at("labels").as_object())
                sample.labels.emplace_back(std::string{label.key()}, text(label.value()));
            read.samples.push_back(std::move(sample));
        }
        families.push_back(std::move(read));
    }
}

/// `?tenants=1`, the only parameter.
Result<bool> asks_for_tenants(std::string_view query) {
    const auto form = Form::parse(query);
    if (!form) return form.error();
    bool tenants = false;
    for (const auto& parameter : form->parameters()) {
        if (parameter.name != "tenants" || (parameter.value != "1" && parameter.value != "0"))
            return refuse(Errc::bad_input, "the only parameter is tenants=1", "GET /metrics or /metrics?tenants=1");
        tenants = parameter.value == "1";
    }
    return tenants;
}

}  // namespace

Task<Response> metrics(Desk& desk, const Caller& caller, const Request& request) {
    if (request.method != "GET") co_return method_response(request, "GET");
    const auto tenants = asks_for_tenants(request.query);
    if (!tenants) co_return refusal_response(tenants.error());

    auto families = own_families(desk);
    std::string after;
    do {
        json::object body;
        body["tenants"] = *tenants;
        if (!after.empty()) body["after"] = after;
        const auto glimpse = caller.glimpse();
        auto question = question_of(desk, caller, glimpse, "metrics.show", json::value(std::move(body)));
        question.patience = patience;
        const auto answer = co_await desk.vault.ask(std::move(question));
        if (answer.refused) co_return refusal_response(*answer.refused);
        add_families(families, answer.done);
        after = answer.next.value_or("");
    } while (!after.empty());
    co_return text_response(200, exposition_type, exposition(families));
}

}  // namespace jeton::front
