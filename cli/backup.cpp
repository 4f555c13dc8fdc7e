/// The store on another disk, and back: backup, restore.
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>

#include "cli/base64.hpp"
#include "cli/context.hpp"
#include "cli/new_file.hpp"
#include "cli/progress.hpp"
#include "cli/proof.hpp"
#include "cli/table.hpp"
#include "cli/text.hpp"
#include "cli/values.hpp"
#include "cli/verbs.hpp"
#include "libclient/http/unique_handle.hpp"

namespace jeton::cli {
namespace {

constexpr std::size_t piece_size =
    45'000;  ///< bytes of a file in one request: in base64url, below 64 KiB with the rest

std::string size_text(std::int64_t bytes) {
    if (bytes < 1'000'000) return fmt::format("{} kB", (bytes + 999) / 1000);
    return fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6);
}

/// A document of our own, of what several answers told.
Document document_of(json::object object) {
    json::value tree(std::move(object));
    auto text = to_text(tree);
    return {std::move(text), std::move(tree), {}};
}

std::unexpected<Failure> no_answer_of_ours() {
    return refuse("server_error", "the daemon answered something that is no piece of a backup",
                  "is it of the same version as this program? jeton status");
}

/// Ends what was begun on the daemon's side, whatever came of it here.
class Session {
public:
    Session(Context& context, std::string path) : context_(context), path_(std::move(path)) {}
    ~Session() {
        if (path_.empty()) return;
        auto end = Call::remove(path_);
        end.changes = false;
        (void)context_.ask(end);
    }
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    [[nodiscard]] std::string at(std::string_view part) const { return path_ + std::string{part}; }
    /// The daemon has ended it by itself.
    void is_over() { path_.clear(); }

private:
    Context& context_;
    std::string path_;
};

Result<void> write_piece(NewFile& file, const json::value& answer) {
    const auto bytes = from_base64url(raw_field(answer, "data"));
    if (!bytes || bytes->empty()) return no_answer_of_ours();
    return file.write(*bytes);
}

int backup(Context& context, const std::string& name) {
    if (name == "-") {
        return context.fail(refuse_usage("a backup is written to a file, not to stdout", "jeton backup FILE").error());
    }
    auto file = NewFile::create(name);
    if (!file) return context.fail(file.error());
    json::object body(protocol::wiped_storage());
    SecretInput input{context.terminal()};
    if (const auto proven = add_proof(context, input, body); !proven) return context.fail(proven.error());
    if (const auto ended = input.end(); !ended) return context.fail(ended.error());
    auto begin = Call::change("/v1/backups", std::move(body));
    begin.changes = false;
    const auto begun = context.ask(begin);
    if (!begun) return context.fail(begun.error());
    Session session{context, "/v1/backups/" + field(begun->tree, "backup")};
    if (const auto written = write_piece(*file, begun->tree); !written) return context.fail(written.error());

    Progress progress{context};
    std::int64_t rows = 0;
    std::int64_t entries = 0;
    for (std::int64_t number = 0;; ++number) {
        json::object asked;
        asked["page"] = number;
        auto call = Call::change(session.at("/pages"), std::move(asked));
        call.changes = false;
        const auto page = context.ask(call);
        if (!page) return context.fail(page.error());
        if (const auto written = write_piece(*file, page->tree); !written) return context.fail(written.error());
        rows = integer(page->tree, "rows").value_or(0);
        entries = integer(page->tree, "audit_entries").value_or(0);
        progress.show(fmt::format("{} rows, {} audit entries, {}", rows, entries, size_text(file->size())));
        const auto* last = member(page->tree, "last").if_bool();
        if (last == nullptr) return context.fail(no_answer_of_ours().error());
        if (*last) break;
    }
    session.is_over();
    progress.clear();
    if (const auto published = file->publish(); !published) return context.fail(published.error());

    json::object summary;
    summary["file"] = name;
    summary["bytes"] = file->size();
    summary["rows"] = rows;
    summary["audit_entries"] = entries;
    summary["opens_with"] = member(begun->tree, "opens_with");
    if (context.wrote_json(document_of(std::move(summary)))) return exit_code::done;
    context.say(fmt::format("{}: {}, {} rows and {} audit entries; opens with: {}", printable(name),
                            size_text(file->size()), rows, entries, joined(begun->tree, "opens_with", " or ")));
    return exit_code::done;
}

struct RestoreArgs {
    std::string file;
    bool dry_run = false;
    bool other_store = false;
};

/// The file, read in pieces.
class BackupFile {
public:
    static Result<BackupFile> open(const std::string& name) {
        client::UniqueHandle handle{::open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY)};
        if (!handle) {
            return refuse("bad_input", fmt::format("{} cannot be read: {}", printable(name), std::strerror(errno)),
                          "name the file that jeton backup wrote");
        }
        return BackupFile{name, std::move(handle)};
    }

    /// Shorter than a piece only at the end.
    Result<std::string> next_piece() {
        std::string piece(piece_size, '\0');
        std::size_t filled = 0;
        while (filled < piece.size()) {
            const auto got = ::read(handle_.get(), piece.data() + filled, piece.size() - filled);
            if (got < 0 && errno == EINTR) continue;
            if (got < 0) {
                return refuse("bad_input", fmt::format("{} cannot be read: {}", printable(name_), std::strerror(errno)),
                              "look at the disk, or take another copy of the backup");
            }
            if (got == 0) break;
            filled += static_cast<std::size_t>(got);
        }
        piece.resize(filled);
        read_ += static_cast<std::int64_t>(filled);
        return piece;
    }
    [[nodiscard]] std::int64_t read() const { return read_; }

private:
    BackupFile(std::string name, client::UniqueHandle handle) : name_(std::move(name)), handle_(std::move(handle)) {}

    std::string name_;
    client::UniqueHandle handle_;
    std::int64_t read_ = 0;
};

/// On a terminal asked for one after the other; else the first and the second line of stdin.
Result<std::pair<client::WipedText, client::WipedText>> read_keys(const Context& context, bool other_store) {
    SecretInput input{context.terminal()};
    std::pair<client::WipedText, client::WipedText> keys;
    auto first = input.next("Passphrase or recovery key of the backup (unseen): ");
    if (!first) return std::unexpected{first.error()};
    keys.first = *std::move(first);
    if (other_store) {
        auto second = input.next("Passphrase or recovery key of the store that is here (unseen): ");
        if (!second) return std::unexpected{second.error()};
        keys.second = *std::move(second);
    }
    if (const auto ended = input.end(); !ended) return std::unexpected{ended.error()};
    return keys;
}

Result<Document> send_piece(Context& context, const std::string& target, std::int64_t number,
                            const std::string& piece) {
    json::object body;
    body["page"] = number;
    body["data"] = to_base64url(piece);
    auto call = Call::change(target, std::move(body));
    call.changes = false;
    return context.ask(call);
}

/// The whole file, then the comparison with the store that is here.
Result<Document> send_file(Context& context, BackupFile& file, const Session& session) {
    Progress progress{context};
    for (std::int64_t number = 1;; ++number) {
        const auto piece = file.next_piece();
        if (!piece) return std::unexpected{piece.error()};
        if (piece->empty()) break;
        auto taken = send_piece(context, session.at("/pages"), number, *piece);
        if (!taken) return taken;
        progress.show(fmt::format("{} read", size_text(file.read())));
    }
    progress.show(fmt::format("{} read; comparing", size_text(file.read())));
    auto check = Call::change(session.at("/check"));
    check.changes = false;
    check.time_limit = std::chrono::minutes{10};
    return context.ask(check);
}

/// Those of one effect, for a person.
std::string section(const json::value& changes, std::string_view effect, std::string_view title) {
    std::string text;
    for (const auto& change : elements(changes)) {
        if (raw_field(change, "effect") != effect) continue;
        text += fmt::format("  {} {}: {}\n", field(change, "kind"), field(change, "name"), field(change, "detail"));
    }
    return text.empty() ? std::string{} : fmt::format("{}\n{}", title, text);
}

std::string comparison_text(const json::value& checked, const json::value& changes) {
    auto text = fmt::format("Backup of {} on {}: {} rows, {} audit entries.\n{}\n", field(checked, "made_at"),
                            field(checked, "host"), field(checked, "rows"), field(checked, "audit_entries"),
                            field(checked, "statement"));
    text += section(changes, "revived", "Would hold again:");
    text += section(changes, "lost", "Would be lost:");
    const auto* compared = member(checked, "compared").if_bool();
    if (compared != nullptr && *compared && elements(changes).empty())
        text += "Nothing would be revived, nothing lost.\n";
    return text;
}

json::array with_effect(const json::value& changes, std::string_view effect) {
    json::array list;
    for (const auto& change : elements(changes)) {
        if (raw_field(change, "effect") != effect) continue;
        list.push_back(
            {{"kind", member(change, "kind")}, {"name", member(change, "name")}, {"detail", member(change, "detail")}});
    }
    return list;
}

json::object summary_of(const json::value& checked, const json::value& changes) {
    json::object summary;
    for (const auto* name : {"made_at", "host", "rows", "audit_entries", "compared", "other_store", "statement"}) {
        summary[name] = member(checked, name);
    }
    summary["revived"] = with_effect(changes, "revived");
    summary["lost"] = with_effect(changes, "lost");
    return summary;
}

int restore(Context& context, const RestoreArgs& args) {
    auto file = BackupFile::open(args.file);
    if (!file) return context.fail(file.error());
    const auto first = file->next_piece();
    if (!first) return context.fail(first.error());
    const auto keys = read_keys(context, args.other_store);
    if (!keys) return context.fail(keys.error());
    json::object body(protocol::wiped_storage());
    add_text(body, "proof", keys->first.view());
    add_text(body, "store_proof", keys->second.view());
    body["data"] = to_base64url(*first);
    auto begin = Call::change("/v1/restores", std::move(body));
    begin.changes = false;  // only the last step does
    if (const auto meant = context.endpoint(client::Socket::control, !args.dry_run); !meant)
        return context.fail(meant.error());
    const auto begun = context.ask(begin);
    if (!begun) return context.fail(begun.error());
    Session session{context, "/v1/restores/" + field(begun->tree, "restore")};
    const auto checked = send_file(context, *file, session);
    if (!checked) return context.fail(checked.error());
    const auto changes = context.ask_all(Call::get(session.at("/changes")));
    if (!changes) return context.fail(changes.error());

    auto summary = summary_of(checked->tree, changes->tree);
    const auto text = comparison_text(checked->tree, changes->tree);
    if (args.dry_run) {
        summary["restored"] = false;
        if (!context.wrote_json(document_of(std::move(summary)))) context.write(text);
        return exit_code::done;
    }
    if (const auto refused = context.confirm("Restoring replaces the whole store by this backup.", text))
        return context.fail(*refused);
    auto confirm = Call::change(session.at("/confirm"));
    confirm.time_limit = std::chrono::minutes{10};
    const auto restored = context.ask(confirm);
    if (!restored) return context.fail(restored.error());
    session.is_over();
    for (const auto* name : {"restored", "state", "epoch", "kept", "opens_by"}) {
        summary[name] = member(restored->tree, name);
    }
    if (context.wrote_json(document_of(std::move(summary)))) return exit_code::done;
    if (context.options().yes) context.say(text);
    context.say("restored; " + field(restored->tree, "opens_by"));
    if (const auto kept = field(restored->tree, "kept"); !kept.empty()) {
        context.say(fmt::format("the old database is {}; its keys still open it, so keep it safe or remove it", kept));
    }
    return exit_code::done;
}

}  // namespace

void add_backup_verbs(CommandLine& line) {
    const auto name = std::make_shared<std::string>();
    line.verb("backup",
              "Write the whole store into a file, sealed for its passphrase and recovery key.\n"
              "Takes one of them on stdin; tickets, cached tokens and this host's own keys are not in it.",
              "jeton backup /mnt/safe/jeton-2026-01-31.backup")
        .needs("FILE", *name, "A file that does not exist yet")
        .runs([name](Context& context) { return backup(context, *name); });
    const auto args = std::make_shared<RestoreArgs>();
    line.verb("restore",
              "! Put a backup in the place of the store; shows first what it revives and what gets lost.\n"
              "Takes a passphrase or recovery key that opens the backup on stdin.",
              "jeton restore /mnt/safe/jeton-2026-01-31.backup --dry-run")
        .needs("FILE", args->file, "What jeton backup wrote")
        .flag("--dry-run", args->dry_run, "Only show what would change")
        .flag("--other-store", args->other_store,
              "The backup is of another store: take a passphrase or recovery key of the present one in a second line")
        .runs([args](Context& context) { return restore(context, *args); });
}

}  // namespace jeton::cli
