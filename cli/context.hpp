/// What a verb works with: the options, the terminal, and the daemon it asks.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/command_line.hpp"
#include "cli/document.hpp"
#include "cli/failure.hpp"
#include "cli/table.hpp"
#include "cli/terminal.hpp"
#include "libclient/http/endpoint.hpp"

namespace jeton::cli {

/// Names and values of a query; empty values are left out.
using Query = std::vector<std::pair<std::string_view, std::string>>;

/// One request to the daemon.
struct Call {
    std::string_view method = "GET";
    std::string target;             ///< path and query
    std::string_view content_type;  ///< empty: no body
    client::WipedText body;
    client::Socket socket = client::Socket::control;
    bool answers_nothing = false;  ///< a status alone is the whole answer
    bool changes = false;          ///< the daemon's state; then the daemon must be the one that is meant, and is named
    std::chrono::milliseconds time_limit{40'000};

    [[nodiscard]] static Call get(std::string path, const Query& query = {});
    /// POST.
    [[nodiscard]] static Call change(std::string path, json::object body = {});
    /// PATCH: only the members of `body` become different.
    [[nodiscard]] static Call edit(std::string path, json::object body);
    /// DELETE, without a body.
    [[nodiscard]] static Call remove(std::string path);
};

class Context {
public:
    Context(const GlobalOptions& options, const Terminal& terminal) : options_(options), terminal_(terminal) {}

    [[nodiscard]] const GlobalOptions& options() const { return options_; }
    [[nodiscard]] const Terminal& terminal() const { return terminal_; }

    /// Asks the daemon that is meant; a refusal of the daemon is a failure.
    [[nodiscard]] Result<Document> ask(const Call& call);
    /// Asks for a listing and for all its further pages: one array, of at most `limit` rows if that is given.
    [[nodiscard]] Result<Document> ask_all(Call call, std::optional<std::int64_t> limit = {});

    /// Where it asks, or asked.
    [[nodiscard]] Result<client::Endpoint> endpoint(client::Socket socket, bool changes);

    /// Nothing, if the person says yes, or said --yes; else the failure to end with. `details` stand above the question
    /// where there is somebody to read them.
    [[nodiscard]] std::optional<Failure> confirm(std::string_view question, std::string_view details = {}) const;
    /// `confirm` will ask a person: the time to look up what the answer depends on.
    [[nodiscard]] bool will_ask() const { return !options_.yes && terminal_.interactive(); }

    /// Writes a result to stdout.
    void write(std::string_view text);
    /// Writes what the next question is about to stdout where that is a terminal, else to stderr: it is read where the
    /// question is, and in a file or pipe what comes of it stands alone.
    void write_for_question(std::string_view text);
    /// Writes a sentence about what was done to stdout, unless --quiet or --json.
    void say(std::string_view text);
    /// Writes a remark to stderr, unless --quiet or --json.
    void remark(std::string_view text) const;
    /// Writes a listing to stdout, no wider than the terminal; of one without rows only the remark `when_empty`.
    void show(const Table& table, std::string_view when_empty);
    /// Writes the warnings that came with an answer to stderr, unless --quiet or --json: there the document has them.
    void warn(const json::value& answer) const;
    /// With --json: writes the document as it came (on a terminal made printable) and returns true.
    [[nodiscard]] bool wrote_json(const Document& document);
    /// Shows how a change went: the failure, with --json the document, else the daemon's message; the exit code.
    [[nodiscard]] int report(const Result<Document>& answer);
    /// Writes `value` to stdout as one line of JSON.
    void write_line(const json::value& value);
    /// Shows something that is shown once: with `label` on a terminal, alone anywhere else. `warning` goes to stderr.
    /// `about`: what belongs to it, by label; stands above it on a terminal, on stderr anywhere else.
    void reveal(std::string_view label, std::string_view value, std::string_view warning,
                const std::vector<std::pair<std::string_view, std::string>>& about = {});

    /// Whatever was written since stdout was closed or full is lost; a verb without end ends then.
    [[nodiscard]] bool output_failed() const { return output_failed_; }

    /// Writes what went wrong to stderr; returns its exit code.
    [[nodiscard]] int fail(const Failure& failure) const;
    /// Names the daemon that was changed, and makes sure that all was written; returns the final exit code.
    [[nodiscard]] int finish(int code);

private:
    [[nodiscard]] Result<client::Endpoint> choose(const client::Choice& choice, bool changes);

    GlobalOptions options_;
    Terminal terminal_;
    std::optional<client::Endpoint> endpoint_;
    std::string changed_;         ///< the line that names the daemon; empty: nothing was changed
    std::string_view if_unseen_;  ///< what is to be done where that answer was not seen, which shows something once
    bool output_failed_ = false;
    bool reader_has_gone_ = false;  ///< that is why
};

/// "user alice (/run/user/1000/jeton)".
[[nodiscard]] std::string described(const client::Endpoint& endpoint, client::Socket socket);

/// An error of the client core as a failure of the CLI.
[[nodiscard]] Failure to_failure(const client::Error& error);

}  // namespace jeton::cli
