/// What is wrong, and what mends it: doctor.
#include <algorithm>
#include <iterator>
#include <memory>

#include <fmt/format.h>

#include "cli/context.hpp"
#include "cli/doctor_findings.hpp"
#include "cli/find_pairs.hpp"
#include "cli/verbs.hpp"

namespace jeton::cli {
namespace {

Finding of_failure(std::string check, const Failure& failure) {
    return {std::move(check), "problem", failure.what, failure.next};
}

/// What everybody may know of a store that gives nobody a token.
void add_closed_store(Findings& findings, const json::value& status) {
    const auto state = field(status, "state");
    if (state == "unsealed") return;
    const auto reason = field(status, "reason");
    findings.push_back({"store", "problem",
                        fmt::format("the store is {}{}{}", state, reason.empty() ? "" : ": ", reason),
                        fmt::format("sudo jeton --system {}", state == "uninitialised" ? "init" : "unseal")});
}

/// What the daemon knows of itself. Those who may not be told get everything else all the same; nor may whom a role was
/// granted, while the store that holds the roles is closed.
void add_daemons_own(Findings& findings, Context& context, const json::value& status) {
    const auto answer = context.ask(Call::get("/v1/doctor"));
    if (answer) {
        for (const auto& one : elements(answer->tree))
            findings.push_back({field(one, "check"), field(one, "severity"), field(one, "what"), field(one, "next")});
    } else if (answer.error().code == "forbidden") {
        add_closed_store(findings, status);
        findings.push_back({"daemon", "note", "what the daemon knows of itself is for operators and auditors",
                            "ask as one: sudo jeton --system doctor"});
    } else {
        findings.push_back(of_failure("daemon", answer.error()));
    }
}

void add_daemon(Findings& findings, Context& context) {
    const auto endpoint = context.endpoint(client::Socket::control, false);
    if (!endpoint) {
        findings.push_back(of_failure("daemon", endpoint.error()));
        return;
    }
    std::ranges::move(socket_findings(*endpoint), std::back_inserter(findings));
    auto call = Call::get("/v1/status");
    call.time_limit = std::chrono::seconds{10};
    const auto status = context.ask(call);
    if (!status) {
        findings.push_back(of_failure("daemon", status.error()));
        return;
    }
    findings.push_back({"daemon", "ok", "it answers: " + described(*endpoint, client::Socket::control), {}});
    findings.push_back(version_finding(field(status->tree, "version")));
    add_daemons_own(findings, context, status->tree);
}

int doctor(Context& context) {
    Findings findings;
    add_daemon(findings, context);
    std::ranges::move(kernel_findings(), std::back_inserter(findings));
    if (context.options().json) {
        context.write_line(json::value(findings_view(findings)));
    } else {
        context.write(findings_text(findings, context.terminal(), context.options().quiet));
    }
    const bool well = std::ranges::none_of(findings, [](const auto& one) { return one.severity == "problem"; });
    return well ? exit_code::done : exit_code::refused;
}

}  // namespace

void add_doctor_verb(CommandLine& line) {
    const auto path = std::make_shared<std::string>();
    line.verb("doctor",
              "Look at the daemon, its keys, clock, disk, secrets and this host, and say what mends what is wrong.\n"
              "Changes nothing and asks no token endpoint. Exit 1 where there is a problem.",
              "jeton doctor")
        .option("--find-pairs", *path, "PATH",
                "Instead: look for client secrets that were left in files there; exit 1 where there are some, or "
                "where not all could be looked at")
        .runs([path](Context& context) { return path->empty() ? doctor(context) : find_pairs(context, *path); });
}

}  // namespace jeton::cli
