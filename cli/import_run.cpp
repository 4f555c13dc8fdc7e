#include "cli/import_run.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

#include <unistd.h>

#include <boost/json/value_from.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/import_batch.hpp"
#include "cli/stop_signals.hpp"
#include "cli/terminal.hpp"
#include "cli/text.hpp"
#include "cli/values.hpp"

namespace jeton::cli {
namespace {

using Clock = std::chrono::steady_clock;
using Outcome = RowOutcome::Result;

constexpr std::size_t origin_limit = 250;  ///< characters; the daemon takes a few more
constexpr std::chrono::seconds usual_pause{2};
constexpr std::chrono::seconds longest_pause{3600};

/// A daemon that restarts is away, gone in the middle of an answer, or not open yet.
bool is_away(const Failure& failure) {
    return failure.code == "unreachable" || failure.code == "bad_answer" || failure.code == "sealed";
}

/// The token endpoint, or the disk, has to be waited for.
bool is_busy(const Failure& failure) {
    return failure.code == "temporarily_unavailable" || failure.code == "too_many_requests";
}

/// A failure that is not about this row.
bool ends_all(const Failure& failure) {
    constexpr std::array codes{"untrusted", "ambiguous", "usage", "uninitialised"};
    return is_away(failure) || is_busy(failure) || std::ranges::find(codes, failure.code) != codes.end();
}

std::string origin_of(const ImportRow& row) {
    auto place = place_of(row);
    return display_width(place) <= origin_limit ? place : shortened_middle(place, origin_limit);
}

/// "auth.example answered 429".
std::string sentence(const Failure& failure) { return failure.what; }

std::string minutes_text(std::chrono::seconds left) {
    if (left < std::chrono::seconds{90}) return fmt::format("{} s", left.count());
    return fmt::format("{} minutes", std::chrono::round<std::chrono::minutes>(left).count());
}

/// A line on the terminal's stderr that is written over and over.
class Progress {
public:
    explicit Progress(const Context& context)
        : shown_(context.terminal().errors && !context.options().quiet && !context.options().json) {}
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;
    ~Progress() { clear(); }

    void show(const std::string& text) {
        if (!shown_) return;
        put("\r\x1b[K" + text);
        written_ = true;
    }
    void clear() {
        if (std::exchange(written_, false)) put("\r\x1b[K");
    }

private:
    static void put(std::string_view text) {
        [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text.data(), text.size());
    }
    bool shown_;
    bool written_ = false;
};

class Run {
public:
    Run(Context& context, const ImportOptions& options, const std::vector<ImportRow>& rows)
        : context_(context), options_(options), rows_(rows), progress_(context) {}

    int run() {
        for (const auto& row : rows_) {
            if (StopSignals::came() != 0 || context_.output_failed()) break;
            show_progress();
            auto outcome = one(row);
            if (!outcome) break;  // stopped, or `failure_` says why
            tell(row, *outcome);
        }
        progress_.clear();
        if (context_.options().json) context_.write_line(json::value(std::move(documents_)));
        summarise();
        return exit_code();
    }

private:
    /// Nothing where the run ends before the row has.
    std::optional<RowOutcome> one(const ImportRow& row) {
        if (!row.problem.empty()) return refused(row, row.problem, row.next);
        auto planned = ask(row, true);
        if (!planned) return refused_or_end(row, planned.error());
        auto plan = outcome_of(planned->tree);
        if (plan.result != Outcome::imported) return plan;
        if (options_.dry_run) return batch_.add(row, plan).value_or(plan);
        StopSignals::sleep_until(next_try_);
        if (StopSignals::came() != 0) return std::nullopt;
        auto done = ask(row, false);
        if (!done) return refused_or_end(row, done.error());
        auto outcome = outcome_of(done->tree);
        // The answer to an earlier try was lost on its way, not the pair.
        if (outcome.result == Outcome::unchanged && asked_again_) outcome.result = Outcome::imported;
        return outcome;
    }

    /// Asks until there is an answer about the row itself, however long that takes within the options' patience.
    Result<Document> ask(const ImportRow& row, bool dry_run) {
        const auto call = call_of(row, dry_run);
        asked_again_ = false;
        const auto began = Clock::now();
        for (;;) {
            if (!dry_run) next_try_ = Clock::now() + options_.spacing;
            auto answer = context_.ask(call);
            if (answer) return answer;
            const auto& failure = answer.error();
            const auto patience = is_away(failure) ? options_.daemon_patience : options_.endpoint_patience;
            const bool waits = is_away(failure) ? has_answered_ : is_busy(failure);
            if (!waits || Clock::now() - began >= patience) return answer;
            pause(failure);
            if (StopSignals::came() != 0) return answer;
            asked_again_ = true;
        }
    }

    void pause(const Failure& failure) {
        if (is_away(failure)) {
            wait(fmt::format("{}; waiting for the daemon to come back", sentence(failure)), std::chrono::seconds{1});
            return;
        }
        const auto wanted = failure.retry_after ? std::chrono::seconds{*failure.retry_after} : usual_pause;
        const auto time = std::clamp(wanted, std::chrono::seconds{1}, longest_pause);
        wait(fmt::format("{}; goes on in {}", sentence(failure), minutes_text(time)), time);
        // Not all at once when it is well again.
        next_try_ = Clock::now() + options_.spacing;
    }

    void wait(const std::string& why, std::chrono::seconds time) {
        if (why != last_remark_) remark(why);
        last_remark_ = why;
        StopSignals::sleep_until(Clock::now() + time);
    }

    void remark(const std::string& text) {
        progress_.clear();
        context_.remark(text);
    }

    Call call_of(const ImportRow& row, bool dry_run) const {
        json::object body(protocol::wiped_storage());
        add_text(body, "app", options_.app);
        add_text(body, "environment", options_.environment);
        add_text(body, "selector", row.selector);
        add_text(body, "tenant", row.tenant);
        add_text(body, "name", row.tenant_name);
        add_text(body, "origin", origin_of(row));
        add_text(body, "client_id", row.client_id.view());
        add_text(body, "client_secret", row.client_secret.view());
        add_text(body, "app_key", row.app_key.view());
        if (options_.version) body["version"] = *options_.version;
        if (!row.form_fields.empty()) {
            auto& fields = body["form_fields"].emplace_object();
            for (const auto& [name, value] : row.form_fields) fields[name] = value;
        }
        if (dry_run) body["dry_run"] = true;
        auto call = Call::change("/v1/imports", std::move(body));
        call.changes = !dry_run;
        return call;
    }

    RowOutcome outcome_of(const json::value& answer) {
        has_answered_ = true;
        RowOutcome outcome;
        outcome.result = field(answer, "result") == "unchanged" ? Outcome::unchanged : Outcome::imported;
        outcome.connection = field(answer, "connection");
        outcome.why = field(answer, "why");
        for (const auto& step : elements(member(answer, "steps"))) {
            if (const auto* text = step.if_string()) outcome.steps.push_back(printable({text->data(), text->size()}));
        }
        return outcome;
    }

    RowOutcome refused(const ImportRow& row, std::string why, std::string next) const {
        RowOutcome outcome{.why = std::move(why), .next = std::move(next)};
        const auto& environment = options_.environment.empty() ? row.selector : options_.environment;
        // The environment as the settings call it, which may not be its name.
        if (!row.tenant.empty() && !environment.empty())
            outcome.connection = printable(fmt::format("{}/{}@{}", options_.app, row.tenant, environment));
        return outcome;
    }

    std::optional<RowOutcome> refused_or_end(const ImportRow& row, const Failure& failure) {
        if (ends_all(failure)) {
            if (StopSignals::came() == 0) failure_ = failure;
            return std::nullopt;
        }
        has_answered_ = true;
        return refused(row, failure.what, failure.next);
    }

    void tell(const ImportRow& row, const RowOutcome& outcome) {
        ++counts_[static_cast<std::size_t>(outcome.result)];
        progress_.clear();
        if (context_.options().json) {
            documents_.push_back(document_of(row, outcome));
            return;
        }
        if (context_.options().quiet && outcome.result != Outcome::refused) return;
        context_.write(line_of(row, outcome));
    }

    std::string line_of(const ImportRow& row, const RowOutcome& outcome) const {
        const bool is_planned = options_.dry_run && outcome.result == Outcome::imported;
        const auto word = is_planned ? std::string{"would import"} : std::string{name_of(outcome.result)};
        const auto style = outcome.result == Outcome::refused    ? Style::red
                           : outcome.result == Outcome::imported ? Style::green
                                                                 : Style::dim;
        auto line = painted(padded(word, options_.dry_run ? 12 : 9), style, context_.terminal().color) + "  ";
        if (!outcome.connection.empty()) line += outcome.connection + "  ";
        line += place_of(row);
        auto notes = options_.dry_run ? outcome.steps : std::vector<std::string>{};
        if (!outcome.why.empty()) notes.push_back(outcome.why);
        if (!notes.empty()) line += fmt::format(": {}", fmt::join(notes, "; "));
        line += "\n";
        if (!outcome.next.empty()) line += fmt::format("  next: {}\n", outcome.next);
        return line;
    }

    static json::value text_or_null(const std::string& text) {
        return text.empty() ? json::value(nullptr) : json::value(text);
    }

    static json::value document_of(const ImportRow& row, const RowOutcome& outcome) {
        const auto result = name_of(outcome.result);
        return {{"file", printable(row.file)},
                {"line", row.line},
                {"connection", text_or_null(outcome.connection)},
                {"result", json::string_view{result.data(), result.size()}},
                {"why", text_or_null(outcome.why)},
                {"next", text_or_null(outcome.next)},
                {"steps", json::value_from(outcome.steps)}};
    }

    std::size_t count(Outcome outcome) const { return counts_[static_cast<std::size_t>(outcome)]; }
    std::size_t told() const { return count(Outcome::imported) + count(Outcome::unchanged) + count(Outcome::refused); }

    void show_progress() {
        const auto left = rows_.size() - told();
        auto text = fmt::format("{} of {} rows", told(), rows_.size());
        if (count(Outcome::refused) > 0) text += fmt::format(", {} refused", count(Outcome::refused));
        const auto time = std::chrono::duration_cast<std::chrono::seconds>(options_.spacing * left);
        if (!options_.dry_run && left > 1) text += fmt::format(", at most {} left", minutes_text(time));
        progress_.show(text);
    }

    void summarise() const {
        const auto imported = count(Outcome::imported);
        context_.remark(fmt::format("{} of {} rows: {} {}, {} unchanged, {} refused", told(), rows_.size(), imported,
                                    options_.dry_run ? "would be imported" : "imported", count(Outcome::unchanged),
                                    count(Outcome::refused)));
        if (told() < rows_.size()) {
            context_.remark("stopped before the end: the same command goes on where it stopped");
        } else if (!options_.dry_run && imported > 0) {
            context_.remark(
                "once the programs get their tokens from here, the pairs can leave the files: jeton doctor "
                "--find-pairs PATH shows what is left");
        }
    }

    int exit_code() const {
        if (failure_) return context_.fail(*failure_);
        if (const auto signal = StopSignals::came(); signal != 0 && told() < rows_.size()) return 128 + signal;
        if (count(Outcome::refused) > 0 || told() < rows_.size()) return exit_code::refused;
        return options_.dry_run && count(Outcome::imported) > 0 ? exit_code::pending : exit_code::done;
    }

    Context& context_;
    const ImportOptions& options_;
    const std::vector<ImportRow>& rows_;
    Progress progress_;
    ImportBatch batch_;
    Clock::time_point next_try_ = Clock::now();
    std::array<std::size_t, 3> counts_{};
    json::array documents_;
    std::string last_remark_;
    std::optional<Failure> failure_;
    bool has_answered_ = false;  ///< a daemon that was there may be waited for
    bool asked_again_ = false;
};

}  // namespace

int import_rows(Context& context, const ImportOptions& options, const std::vector<ImportRow>& rows) {
    const StopSignals stop;
    return Run{context, options, rows}.run();
}

}  // namespace jeton::cli
