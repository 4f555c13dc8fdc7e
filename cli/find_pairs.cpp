#include "cli/find_pairs.hpp"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/file_walk.hpp"
#include "cli/found_values.hpp"
#include "cli/table.hpp"
#include "cli/text.hpp"
#include "cli/values.hpp"

namespace jeton::cli {
namespace {

constexpr std::size_t finding_limit = 100'000;
constexpr mode_t readable_by_others = 0044;
constexpr std::size_t shown_names = 5;  ///< of files that were not read, for each reason

/// A value, however often it was found, and what the daemon says of it.
struct Value {
    client::WipedText text;
    FoundKind kind;
    bool is_local;
    std::string identified = {};  ///< the daemon's word for what it is; empty: it does not know it, or was not asked
    std::string connection = {};
    std::string state = {};
};

struct Finding {
    std::string file;
    std::size_t line;
    mode_t mode;
    std::size_t value;  ///< its place among the values
};

/// What ASCII there is in UTF-16, as PowerShell's > writes it: values have no other characters, and none of those is
/// part of a word.
client::WipedText ascii_of(std::string_view utf16) {
    const bool little_endian = utf16.starts_with('\xff');
    client::WipedText text;
    for (std::size_t at = 2; at + 1 < utf16.size(); at += 2) {
        const char high = utf16[little_endian ? at + 1 : at];
        const char low = utf16[little_endian ? at : at + 1];
        const char c = high == '\0' && static_cast<unsigned char>(low) < 0x80 ? low : '\xff';
        if (c != '\0') text.append({&c, 1});  // UTF-32 has one between each two
    }
    return text;
}

/// All that was found, each value kept once.
class Findings {
public:
    void add(const WalkedFile& file) {
        if (is_utf16(file.text.view())) {
            add(file, ascii_of(file.text.view()).view());
        } else {
            add(file, file.text.view());
        }
    }

    std::vector<Finding> rows;
    std::vector<Value> values;
    bool is_cut_off = false;

private:
    void add(const WalkedFile& file, std::string_view text) {
        for (const auto& found : find_values(text)) {
            if (rows.size() >= finding_limit) {
                is_cut_off = true;
                return;
            }
            rows.push_back({file.path, found.line, file.mode, place_of(found)});
        }
    }

    std::size_t place_of(const FoundValue& found) {
        const auto hash = std::hash<std::string_view>{}(found.value);
        const auto [first, last] = places_.equal_range(hash);
        for (auto at = first; at != last; ++at) {
            if (values[at->second].text.view() == found.value) return at->second;
        }
        Value value{.text = {}, .kind = found.kind, .is_local = found.is_local};
        value.text.append(found.value);
        values.push_back(std::move(value));
        places_.emplace(hash, values.size() - 1);
        return values.size() - 1;
    }

    std::multimap<std::size_t, std::size_t> places_;  ///< by hash
};

bool is_secret(const Value& value) {
    if (!value.identified.empty())
        return value.identified == "client-secret" || value.identified == "local-pair-secret";
    return value.kind == FoundKind::client_secret;
}

std::string_view kind_of(const Value& value) {
    if (!value.identified.empty()) return value.identified;
    switch (value.kind) {
        case FoundKind::client_id: return "client-id";
        case FoundKind::client_secret: return "client-secret";
        case FoundKind::app_key: return "app-key";
        case FoundKind::ticket: return "ticket";
    }
    return {};
}

bool others_may_read(const Finding& finding) { return (finding.mode & readable_by_others) != 0; }

std::string what_of(const Value& value) {
    if (value.identified == "local-pair-secret") return "secret of a local pair";
    if (is_secret(value)) {
        if (value.identified.empty())
            return value.is_local ? "client secret of another jeton" : "client secret, unknown";
        return value.is_local ? "client secret" : "client secret, imported";
    }
    switch (value.kind) {
        case FoundKind::client_id: return "client ID (no secret)";
        case FoundKind::app_key: return "app key (no secret)";
        case FoundKind::ticket: return "ticket";
        case FoundKind::client_secret: break;
    }
    return "client secret, unknown";
}

/// What to do about a secret. `file`: how it is named there, `FILE` for the advice that stands once for all.
std::string next_of(const Value& value, const std::string& file) {
    if (!is_secret(value)) return {};
    if (value.identified == "local-pair-secret") {
        return "it stays for as long as its program needs it; to end it: jeton pair list, jeton pair revoke";
    }
    if (value.identified.empty()) {
        if (value.is_local) return "no secret of this daemon that you may see: take it out, or ask whose it is";
        return fmt::format("jeton import {} --app APP, then take it out", file);
    }
    if (value.state == "deactivated") return "jeton does not use it any more: take it out";
    return "jeton has it: take it out of the file when its program gets tokens by a binding, or by jeton exec";
}

std::string mode_text(const Finding& finding) {
    return fmt::format("{:04o}{}", finding.mode, others_may_read(finding) ? ", others read it" : "");
}

/// Asks about each value; what kept the daemon from answering, if something did.
std::optional<Failure> identify_all(Context& context, std::vector<Value>& values) {
    for (auto& value : values) {
        json::object body(protocol::wiped_storage());
        add_text(body, "value", value.text.view());
        auto call = Call::change("/v1/secrets/identify", std::move(body));
        call.changes = false;
        const auto answer = context.ask(call);
        if (!answer) return answer.error();
        const auto kind = field(answer->tree, "kind");
        if (kind == "unknown") continue;
        value.identified = kind;
        value.connection = field(answer->tree, "connection");
        value.state = field(answer->tree, "state");
    }
    return std::nullopt;
}

json::value text_or_null(const std::string& text) { return text.empty() ? json::value(nullptr) : json::value(text); }

void write_json(Context& context, const Findings& findings) {
    json::array rows;
    for (const auto& row : findings.rows) {
        const auto& value = findings.values[row.value];
        auto next = next_of(value, shell_quoted(row.file));
        if (!next.empty() && others_may_read(row)) next += fmt::format("; chmod 600 {}", shell_quoted(row.file));
        const auto kind = kind_of(value);
        rows.push_back({{"file", printable(row.file)},
                        {"line", row.line},
                        {"kind", json::string_view{kind.data(), kind.size()}},
                        {"connection", text_or_null(value.connection)},
                        {"state", text_or_null(value.state)},
                        {"mode", fmt::format("{:04o}", row.mode)},
                        {"readable_by_others", others_may_read(row)},
                        {"what", what_of(value)},
                        {"next", text_or_null(printable(next))}});
    }
    context.write_line(json::value(std::move(rows)));
}

void write_table(Context& context, const Findings& findings) {
    Table table{{"WHERE", "WHAT", "CONNECTION", "STATE", "MODE"}, {}};
    std::vector<std::string> advice;
    const auto advise = [&](std::string text) {
        if (!text.empty() && std::ranges::find(advice, text) == advice.end()) advice.push_back(std::move(text));
    };
    for (const auto& row : findings.rows) {
        const auto& value = findings.values[row.value];
        table.rows.push_back({fmt::format("{}:{}", printable(row.file), row.line), what_of(value), value.connection,
                              value.state, mode_text(row)});
        if (const auto next = next_of(value, "FILE"); !next.empty())
            advise(fmt::format("{}: {}", what_of(value), next));
        if (is_secret(value) && others_may_read(row)) advise("others read it: chmod 600 FILE, until it is gone");
    }
    context.show(table, "no client ID, client secret or app key was found");
    for (const auto& line : advice) context.say(line);
}

std::string some_of(const std::vector<std::string>& names) {
    std::string text;
    for (std::size_t at = 0; at < std::min(names.size(), shown_names); ++at) {
        text += (at == 0 ? "" : ", ") + printable(names[at]);
    }
    if (names.size() > shown_names) text += fmt::format(" and {} more", names.size() - shown_names);
    return text;
}

/// What may hide a secret still, as one failure: nobody must take for clean what nobody has looked at.
std::optional<Failure> what_is_missing(const WalkReport& walked, bool has_more, const std::optional<Failure>& silent) {
    std::vector<std::string> missing;
    if (!walked.too_large.empty()) missing.push_back("larger than 1 MiB, not read: " + some_of(walked.too_large));
    if (!walked.unreadable.empty()) missing.push_back("not read: " + some_of(walked.unreadable));
    if (has_more) missing.emplace_back("there was more than is looked at");
    if (silent) missing.push_back("the daemon does not say which of them it knows: " + silent->what);
    if (missing.empty()) return std::nullopt;
    return refuse("incomplete", fmt::format("this is not all: {}", fmt::join(missing, "; ")),
                  silent
                      ? silent->next
                      : "look through that yourself, or have it read: as who may, or one smaller directory at a time")
        .error();
}

}  // namespace

int find_pairs(Context& context, const std::string& path) {
    Findings findings;
    const auto walked =
        walk_files(path, [](std::string_view) { return true; }, [&](const WalkedFile& file) { findings.add(file); });
    if (!walked) return context.fail(walked.error());
    const auto silent = identify_all(context, findings.values);
    if (context.options().json) {
        write_json(context, findings);
    } else {
        write_table(context, findings);
    }
    context.remark(fmt::format("{} files were read", walked->files));
    const bool has_secret =
        std::ranges::any_of(findings.rows, [&](const Finding& row) { return is_secret(findings.values[row.value]); });
    if (const auto missing = what_is_missing(*walked, walked->is_cut_off || findings.is_cut_off, silent))
        return context.fail(*missing);
    return has_secret ? exit_code::refused : exit_code::done;
}

}  // namespace jeton::cli
