#include "cli/context.hpp"

#include <algorithm>
#include <cerrno>

#include <unistd.h>

#include <fmt/format.h>

#include "cli/pages.hpp"
#include "cli/prompt.hpp"
#include "cli/table.hpp"
#include "cli/text.hpp"
#include "cli/values.hpp"
#include "libclient/http/unix_http.hpp"
#include "libclient/protocol/words.hpp"

namespace jeton::cli {
namespace {

client::Side side_of(const GlobalOptions& options) {
    if (options.user) return client::Side::user;
    return options.system ? client::Side::system : client::Side::any;
}

/// Straight to the descriptor: a secret leaves no copy in a buffer. False if not all could be written.
bool write_to(int descriptor, std::string_view text) {
    while (!text.empty()) {
        const auto written = ::write(descriptor, text.data(), text.size());
        if (written < 0 && errno != EINTR) return false;
        if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

/// The daemon says itself when it gives something up: who went away earlier would not know whether it was done.
std::chrono::milliseconds time_limit_of(const Call& call) {
    constexpr std::chrono::seconds longer_than_the_daemon{310};
    return call.method == "GET" || call.socket != client::Socket::control
               ? call.time_limit
               : std::max<std::chrono::milliseconds>(call.time_limit, longer_than_the_daemon);
}

/// What is to be done where an answer was not seen that shows something once.
std::string_view if_unseen(const json::value& answer) {
    if (!raw_field(answer, "recovery_key").empty()) {
        return "; the recovery key is shown once: of a store that was made just now, stop the daemon, remove state and "
               "anchor, and begin anew; of another one, jeton key slot remove and add";
    }
    if (!raw_field(answer, "ticket").empty())
        return "; the ticket is shown once: jeton ticket revoke, and make another";
    if (raw_field(answer, "client_secret").empty()) return {};
    return "; the secret is shown once: jeton secret list (jeton pair list) names it, to be taken away, and make "
           "another";
}

bool was_refused_or_there(const json::value& row) {
    const auto result = raw_field(row, "result");
    return result == "refused" || result == "unchanged";
}

/// The answer to what would have changed something tells itself that there was nothing to do.
bool tells_of_no_change(const json::value& answer) {
    const auto& changed = member(answer, "changed");
    if (const auto* flag = changed.if_bool(); flag != nullptr) return !*flag;
    if (const auto* names = changed.if_array(); names != nullptr) return names->empty();
    if (const auto* rows = answer.if_array(); rows != nullptr)
        return !rows->empty() && std::ranges::all_of(*rows, was_refused_or_there);
    return integer(answer, "pruned") == 0 || was_refused_or_there(answer);
}

}  // namespace

std::string described(const client::Endpoint& endpoint, client::Socket socket) {
    return fmt::format("{} ({})", printable(endpoint.name), printable(endpoint.directory(socket)));
}

Failure to_failure(const client::Error& error) {
    const auto failure = [&](int code, std::string_view name, bool lasts = false) {
        return Failure{code, std::string{name}, printable(error.what), printable(error.next), {}, {}, lasts};
    };
    switch (error.fault) {
        case client::Fault::unreachable:
        case client::Fault::system: return failure(exit_code::unreachable, "unreachable");
        case client::Fault::forbidden: return failure(exit_code::unreachable, "unreachable", true);
        case client::Fault::untrusted: return failure(exit_code::unreachable, "untrusted", true);
        case client::Fault::bad_answer: return failure(exit_code::unreachable, "bad_answer");
        case client::Fault::ambiguous: return failure(exit_code::refused, "ambiguous");
        case client::Fault::bad_request: break;
    }
    return failure(exit_code::usage, "usage");
}

Call Call::get(std::string path, const Query& query) {
    char sign = '?';
    for (const auto& [name, value] : query) {
        if (value.empty()) continue;
        path += fmt::format("{}{}={}", sign, name, percent_encoded(value));
        sign = '&';
    }
    Call call;
    call.target = std::move(path);
    return call;
}

Call Call::change(std::string path, json::object body) {
    Call call;
    call.method = "POST";
    call.target = std::move(path);
    call.content_type = "application/json";
    call.body = to_text(json::value(std::move(body)));
    call.changes = true;
    return call;
}

Call Call::edit(std::string path, json::object body) {
    auto call = change(std::move(path), std::move(body));
    call.method = "PATCH";
    return call;
}

Call Call::remove(std::string path) {
    Call call;
    call.method = "DELETE";
    call.target = std::move(path);
    call.changes = true;
    return call;
}

Result<client::Endpoint> Context::choose(const client::Choice& choice, bool changes) {
    if (!choice.other) return choice.endpoint;
    const auto first = described(choice.endpoint, client::Socket::control);
    const auto second = described(*choice.other, client::Socket::control);
    if (!changes) {
        remark(fmt::format("two daemons run; this is that of {}; --system shows the other", first));
        return choice.endpoint;
    }
    if (!terminal_.interactive()) {
        return std::unexpected{Failure{exit_code::refused,
                                       "ambiguous",
                                       fmt::format("two daemons run: that of {} and that of {}", first, second),
                                       "say which one is meant: --user or --system",
                                       {}}};
    }
    const auto answer = ask_line(fmt::format("Two daemons run. Which one?\n  1  {}\n  2  {}\n1 or 2: ", first, second));
    if (answer == "1") return choice.endpoint;
    if (answer == "2") return *choice.other;
    return refuse("ambiguous", "no daemon was chosen; nothing was changed", "answer 1 or 2, or say --user or --system");
}

Result<client::Endpoint> Context::endpoint(client::Socket socket, bool changes) {
    if (endpoint_) return *endpoint_;
    const auto found = client::find_endpoint(side_of(options_), socket, client::Surroundings::of_this_process());
    if (!found) return std::unexpected{to_failure(found.error())};
    auto chosen = choose(*found, changes);
    if (chosen) endpoint_ = *chosen;
    return chosen;
}

Result<Document> Context::ask(const Call& call) {
    const auto at = endpoint(call.socket, call.changes);
    if (!at) return std::unexpected{at.error()};
    client::Request request;
    request.method = call.method;
    request.target = call.target;
    request.content_type = call.content_type;
    request.body.append(call.body.view());
    request.headers.emplace_back(protocol::client_header, "1");
    auto response = client::exchange(at->directory(call.socket), client::name_of(call.socket), request,
                                     time_limit_of(call), ::geteuid());
    if (!response) return std::unexpected{to_failure(response.error())};
    const bool is_empty = response->status == 200 && response->body.view().empty();
    auto document =
        call.answers_nothing && is_empty ? Result<Document>{Document{}} : read_document(std::move(*response));
    if (document && call.changes && !tells_of_no_change(document->tree)) {
        changed_ = "changed in the daemon at " + printable(at->directory(call.socket));
        if_unseen_ = if_unseen(document->tree);
    }
    return document;
}

Result<Document> Context::ask_all(Call call, std::optional<std::int64_t> limit) {
    if (limit) call.target = with_page_limit(std::move(call.target), *limit);
    Pages pages{limit};
    do {
        auto page = ask(call);
        if (!page) return page;
        if (const auto added = pages.add(std::move(*page)); !added) return std::unexpected{added.error()};
        call.target = pages.next();
    } while (!call.target.empty());
    return pages.take();
}

std::optional<Failure> Context::confirm(std::string_view question, std::string_view details) const {
    if (options_.yes) return std::nullopt;
    if (!terminal_.interactive()) {
        return Failure{exit_code::refused,
                       "confirmation_required",
                       fmt::format("this must be confirmed: {}", question),
                       "confirm with --yes",
                       {}};
    }
    const auto answer = ask_line(fmt::format("{}{}\nConfirm and Continue? [y/N] ", details, printable(question)));
    if (answer == "y" || answer == "Y" || answer == "yes") return std::nullopt;
    return Failure{exit_code::refused,
                   "confirmation_required",
                   "not confirmed; nothing was changed",
                   "answer y, or give --yes",
                   {}};
}

void Context::write(std::string_view text) {
    if (output_failed_) return;
    output_failed_ = !write_to(STDOUT_FILENO, text);
    reader_has_gone_ = output_failed_ && errno == EPIPE;
}

void Context::write_for_question(std::string_view text) {
    if (terminal_.output) {
        write(text);
    } else {
        (void)write_to(STDERR_FILENO, text);
    }
}

void Context::say(std::string_view text) {
    if (!options_.quiet && !options_.json && !text.empty()) write(fmt::format("{}\n", text));
}

void Context::remark(std::string_view text) const {
    if (options_.quiet || options_.json || text.empty()) return;
    (void)write_to(STDERR_FILENO, painted(text, Style::dim, terminal_.error_color) + "\n");
}

void Context::show(const Table& table, std::string_view when_empty) {
    if (table.rows.empty()) {
        remark(when_empty);
    } else {
        write(table.text(terminal_.width, terminal_.color));
    }
}

void Context::warn(const json::value& answer) const {
    if (options_.quiet || options_.json) return;
    for (const auto& warning : elements(member(answer, "warnings"))) {
        const auto* words = warning.if_string();
        if (words == nullptr) continue;
        const auto line = "warning: " + printable({words->data(), words->size()});
        (void)write_to(STDERR_FILENO, painted(line, Style::yellow, terminal_.error_color) + "\n");
    }
}

bool Context::wrote_json(const Document& document) {
    if (!options_.json) return false;
    const auto text = document.text.view();
    if (terminal_.output) {
        const client::WipedText safe{printable_json(text)};
        write(safe.view());
    } else {
        write(text);
    }
    if (!text.ends_with('\n')) write("\n");
    return true;
}

int Context::report(const Result<Document>& answer) {
    if (!answer) return fail(answer.error());
    if (!wrote_json(*answer)) say(field(answer->tree, "message"));
    return exit_code::done;
}

void Context::write_line(const json::value& value) {
    auto line = to_text(value);
    if (terminal_.output) line = client::WipedText{printable_json(line.view())};
    line.append("\n");
    write(line.view());
}

void Context::reveal(std::string_view label, std::string_view value, std::string_view warning,
                     const std::vector<std::pair<std::string_view, std::string>>& about) {
    for (const auto& [name, text] : about) {
        if (text.empty()) continue;
        const auto line = padded(name, 15) + " " + text;
        if (terminal_.output) {
            write(line + "\n");
        } else {
            remark(line);
        }
    }
    if (terminal_.output) write(padded(label, 15) + " ");
    write(value);
    write("\n");
    if (options_.quiet) return;
    write_to(STDERR_FILENO, painted(warning, Style::yellow, terminal_.error_color) + "\n");
}

int Context::fail(const Failure& failure) const {
    if (options_.json && !failure.document.empty()) {
        const auto document = terminal_.errors ? printable_json(failure.document) : failure.document;
        write_to(STDERR_FILENO, document + (document.ends_with('\n') ? "" : "\n"));
    } else {
        write_to(STDERR_FILENO, error_text(failure.code, failure.what, failure.next, options_.json));
    }
    return failure.exit_code;
}

int Context::finish(int code) {
    if (reader_has_gone_ && changed_.empty())
        return exit_code::refused;  // `| head` has had enough: nobody need be told
    if (output_failed_) {
        return fail({exit_code::refused,
                     "output_failed",
                     "the output could not be written" + std::string{changed_.empty() ? "" : "; the change was made"},
                     "look at what stdout is connected to" + std::string{if_unseen_},
                     {}});
    }
    remark(changed_);
    return code;
}

}  // namespace jeton::cli
