/// Pairs that are handed over: ticket list|revoke|claim.
#include <array>
#include <memory>

#include <fmt/format.h>

#include "cli/context.hpp"
#include "cli/identity.hpp"
#include "cli/new_file.hpp"
#include "cli/prompt.hpp"
#include "cli/table.hpp"
#include "cli/text.hpp"
#include "cli/values.hpp"
#include "cli/verbs.hpp"

namespace jeton::cli {
namespace {

int list(Context& context, const std::string& connection) {
    if (!connection.empty()) {
        if (const auto path = connection_path(connection); !path) return context.fail(path.error());
    }
    const auto answer = context.ask_all(Call::get("/v1/tickets", {{"connection", connection}}));
    if (!answer) return context.fail(answer.error());
    if (context.wrote_json(*answer)) return exit_code::done;
    Table table{{"ID", "CONNECTION", "FOR", "ACT", "STATE", "BY", "EXPIRES", "CLAIMED"}, {}};
    for (const auto& one : elements(answer->tree)) {
        table.rows.push_back({short_id(one), field(one, "connection"), field(one, "for"), field(one, "act"),
                              field(one, "state"), field(one, "created_by"), field(one, "expires_at"),
                              field(one, "claimed_at")});
    }
    context.show(table, "no ticket; jeton secret generate --help tells of --ticket-for");
    return exit_code::done;
}

int revoke(Context& context, const std::string& id) {
    return context.report(context.ask(Call::remove("/v1/tickets/" + percent_encoded(id))));
}

/// One field of the form that is typed into another program: its label, its name in a file, its member of the answer.
struct FormField {
    std::string_view label, variable, member;
};

constexpr std::array form{
    FormField{"Tenant ID", "TENANT_ID", "tenant"},
    FormField{"Client ID", "CLIENT_ID", "client_id"},
    FormField{"Client Secret", "CLIENT_SECRET", "client_secret"},
    FormField{"App Key", "APP_KEY", "app_key"},
    FormField{"Environment", "ENVIRONMENT", "environment"},
};

constexpr std::string_view once =
    "This client secret is visible only once. If you lose it, you'll need to generate a new secret.";

/// `Name: value` lines, or on a terminal one below the other.
client::WipedText form_text(const json::value& answer, bool terminal) {
    client::WipedText text;
    for (const auto& [label, variable, name] : form) {
        const auto value = raw_field(answer, name);
        if (value.empty()) continue;
        text.append(terminal ? padded(label, 15) + " " : fmt::format("{}: ", label));
        auto shown = printable(value);
        text.append(shown);
        text.append("\n");
        client::wipe(shown);
    }
    return text;
}

/// KEY=VALUE lines that a person reads, and a shell and systemd too.
client::WipedText file_text(const json::value& answer) {
    client::WipedText text;
    for (const auto& [label, variable, name] : form) {
        const auto value = raw_field(answer, name);
        if (value.empty()) continue;
        text.append(variable);
        text.append("=");
        auto quoted = shell_quoted(value);
        text.append(quoted);
        text.append("\n");
        client::wipe(quoted);
    }
    return text;
}

void show_form(Context& context, const Document& answer) {
    if (context.wrote_json(answer)) return;
    context.write(form_text(answer.tree, context.terminal().output).view());
    context.remark(once);
}

constexpr std::int64_t form_room = 4096;  ///< bytes

/// The file for the form, before the ticket is used up: nothing that the disk could refuse is left for later.
Result<NewFile> file_for_form(const std::string& out) {
    auto file = NewFile::create(out);
    if (!file) return file;
    if (const auto reserved = file->reserve(form_room); !reserved) return std::unexpected{reserved.error()};
    return file;
}

/// The ticket is used up by now: what the disk did not take is shown after all.
int keep_form(Context& context, const Document& answer, NewFile& file, const std::string& out) {
    const auto text = context.options().json ? to_text(answer.tree) : file_text(answer.tree);
    auto kept = file.write(text.view());
    if (kept) kept = file.publish();
    if (!kept) {
        show_form(context, answer);
        auto failure = kept.error();
        failure.what += "; the pair is on stdout instead";
        return context.fail(failure);
    }
    context.say(fmt::format("the pair of {} is in {}", field(answer.tree, "connection"), printable(out)));
    return exit_code::done;
}

int claim(Context& context, const std::string& out) {
    const auto ticket = read_secret(context.terminal(), "Ticket (unseen): ");
    if (!ticket) return context.fail(ticket.error());
    if (ticket->empty())
        return context.fail(refuse("bad_input", "no ticket came on stdin", "jeton ticket claim < FILE").error());
    std::optional<NewFile> file;
    if (!out.empty()) {
        auto made = file_for_form(out);
        if (!made) return context.fail(made.error());
        file.emplace(std::move(*made));
    }
    json::object body(protocol::wiped_storage());
    add_text(body, "ticket", ticket->view());
    auto call = Call::change("/v1/tickets/claim", std::move(body));
    call.socket = client::Socket::token;  // who claims need not be in the group of the control socket
    const auto answer = context.ask(call);
    if (!answer) return context.fail(answer.error());
    if (file) return keep_form(context, *answer, *file, out);
    show_form(context, *answer);
    return exit_code::done;
}

}  // namespace

void add_ticket_verbs(CommandLine& line) {
    line.noun("ticket", "Pairs handed over: the secret is made when the ticket is claimed");
    const auto listed = std::make_shared<std::string>();
    line.verb("ticket list", "List tickets, never by value", "jeton ticket list dispatcher/1234567@integration")
        .may_have("CONNECTION", *listed, "Only of this connection")
        .runs([listed](Context& context) { return list(context, *listed); });
    const auto revoked = std::make_shared<std::string>();
    line.verb("ticket revoke", "Make a ticket worthless", "jeton ticket revoke 3f2a9c01")
        .needs("ID", *revoked, "As listed")
        .runs([revoked](Context& context) { return revoke(context, *revoked); });
    const auto out = std::make_shared<std::string>();
    line.verb("ticket claim",
              "Claim the pair of a ticket that was made for you; the ticket comes on stdin.\n"
              "Shows once what a form asks for: Tenant ID, Client ID, Client Secret, App Key, Environment.",
              "jeton ticket claim --out dispatcher.env")
        .option("--out", *out, "FILE",
                "Put it into a new file that only you can read, as lines KEY=VALUE, with --json as the document; "
                "nothing is overwritten")
        .runs([out](Context& context) { return claim(context, *out); });
}

}  // namespace jeton::cli
