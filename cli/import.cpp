/// Pairs that stand in the settings of programs, taken in at once: import.
#include <algorithm>
#include <array>
#include <memory>

#include <sys/stat.h>

#include <fmt/format.h>

#include "cli/context.hpp"
#include "cli/file_walk.hpp"
#include "cli/import_rows.hpp"
#include "cli/import_run.hpp"
#include "cli/input_file.hpp"
#include "cli/rate.hpp"
#include "cli/text.hpp"
#include "cli/values.hpp"
#include "cli/verbs.hpp"

namespace jeton::cli {
namespace {

constexpr std::size_t file_limit = 16UZ * 1024 * 1024;  ///< bytes
constexpr std::string_view usual_rate = "30/m";

struct ImportArgs {
    std::vector<std::string> files;
    std::string app, environment, format;
    std::string rate{usual_rate};
    std::optional<std::int64_t> version;
    bool dry_run = false;
};

/// `.env`, `.env.production`, `worker.env`; not what is there to be copied.
bool is_settings_name(std::string_view name) {
    constexpr std::array templates{".example", ".sample", ".template", ".dist"};
    const bool is_template =
        std::ranges::any_of(templates, [&](std::string_view ending) { return name.contains(ending); });
    return !is_template && (name == ".env" || name.starts_with(".env.") || name.ends_with(".env"));
}

/// A file that cannot be read is one refused row: the others go on.
ImportRow unread(const std::string& file, const Failure& failure) {
    ImportRow row{.file = file, .line = 1};
    row.problem = failure.what;
    row.next = failure.next;
    return row;
}

void add_text_rows(std::vector<ImportRow>& rows, std::string_view text, const std::string& file, RowFormat format,
                   Trust trust) {
    auto found = rows_in(text, file, format, trust);
    if (!found) return rows.push_back(unread(file, found.error()));
    if (found->empty() && trust == Trust::named) {
        ImportRow row{.file = file, .line = 1};
        row.problem = "no pair of client ID and secret is in it";
        row.next = "names are ST_CLIENT_ID, SERVICETITAN_CLIENT_SECRET and the like; a table names its columns";
        return rows.push_back(std::move(row));
    }
    for (auto& row : *found) rows.push_back(std::move(row));
}

void add_file(std::vector<ImportRow>& rows, const std::string& file, std::optional<RowFormat> format) {
    const auto text = read_secret_input(file, file_limit, "split it");
    if (!text) return rows.push_back(unread(file, text.error()));
    add_text_rows(rows, text->view(), file, format.value_or(format_of(file, text->view())), Trust::named);
}

void add_directory(Context& context, std::vector<ImportRow>& rows, const std::string& directory) {
    const auto walked = walk_files(directory, is_settings_name, [&](const WalkedFile& file) {
        add_text_rows(rows, file.text.view(), file.path, RowFormat::dotenv, Trust::found);
    });
    if (!walked) return rows.push_back(unread(directory, walked.error()));
    // Refused rows: who goes by the exit code must not take for imported what nobody has read.
    const auto add_unread = [&rows](const std::string& file, std::string problem, std::string next) {
        rows.push_back(unread(file, refuse("bad_input", std::move(problem), std::move(next)).error()));
    };
    for (const auto& file : walked->unreadable)
        add_unread(directory, "not read: " + printable(file), "import it as somebody who may read it, or name it, too");
    for (const auto& file : walked->too_large) add_unread(file, "larger than 1 MiB, not read", "split it");
    if (walked->is_cut_off)
        add_unread(directory, "there are more files than are looked at", "name smaller directories");
    context.remark(fmt::format("{}: {} .env files", printable(directory), walked->files));
}

bool is_directory(const std::string& path) {
    struct stat status{};
    return path != "-" && ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

int import(Context& context, const ImportArgs& args) {
    const auto spacing = spacing_of(args.rate);
    if (!spacing) return context.fail(spacing.error());
    if (std::ranges::count(args.files, "-") > 1)
        return context.fail(refuse_usage("standard input can be read once", "name - once").error());
    const auto app = context.ask(Call::get("/v1/apps/" + percent_encoded(args.app)));
    if (!app) return context.fail(app.error());
    std::vector<ImportRow> rows;
    for (const auto& file : args.files) {
        if (is_directory(file)) {
            add_directory(context, rows, file);
        } else {
            add_file(rows, file, row_format(args.format));
        }
    }
    if (rows.empty()) {
        return context.fail(
            refuse("bad_input", "no .env file with a pair was found", "name the files: .env, CSV or JSON lines")
                .error());
    }
    ImportOptions options{.app = args.app, .environment = args.environment, .version = args.version};
    options.spacing = *spacing;
    options.dry_run = args.dry_run;
    return import_rows(context, options, rows);
}

}  // namespace

void add_import_verb(CommandLine& line) {
    const auto args = std::make_shared<ImportArgs>();
    line.verb("import",
              "Take in the pairs that stand in programs' settings: tenant, listing, recorded consent and secret.\n"
              "FILE: .env, CSV or JSON lines, - for stdin, or a directory, below which .env files are looked for.\n"
              "The same command again goes on where it was interrupted; what is in is not asked for again.",
              "jeton import /srv/*/.env --app dispatcher --dry-run")
        .needs_some("FILE", args->files, "Files, or directories")
        .needs_option("--app", args->app, "APP", "The app whose pairs they are")
        .option("--environment", args->environment, "E", "Of which environment they are; else each row says")
        .number("--version", args->version, "The version that was allowed at the portal (default: the current one)")
        .option("--rate", args->rate, "N/m", "At most so many pairs are tried a minute (/s, /h; default 30/m)")
        .choice("--format", args->format, {"dotenv", "csv", "json"}, "Of the files named; else by name or content")
        .flag("--dry-run", args->dry_run, "Say what each row would do; exit 5 where something would change")
        .runs([args](Context& context) { return import(context, *args); });
}

}  // namespace jeton::cli
