#include "cli/import_rows.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "cli/csv.hpp"
#include "cli/dotenv.hpp"
#include "cli/form_fields.hpp"
#include "cli/pair_fields.hpp"
#include "cli/text.hpp"
#include "libclient/protocol/json.hpp"

namespace jeton::cli {
namespace {

namespace json = boost::json;
using enum PairField;

constexpr std::string_view reference_scheme = "jeton://";  ///< of jeton exec --env-file
constexpr std::array<std::string_view, 2> portal_shapes{"cid.", "cs1."};
constexpr std::array<std::string_view, 7> secret_heads{"cid.", "cs1.", "ak1.", "jid.", "jcs.", "jak.", "jtk."};
constexpr std::size_t run_of_a_secret = 40;  ///< letters and digits without anything between them
constexpr std::array separators{',', ';', '\t'};

client::WipedText copy_of(std::string_view text) {
    client::WipedText copy;
    copy.append(text);
    return copy;
}

void set_problem(ImportRow& row, std::string what, std::string_view next) {
    if (!row.problem.empty()) return;
    row.problem = std::move(what);
    row.next = next;
}

/// A value in the wrong place would be repeated where names are: then it is not taken.
bool is_secret_like(std::string_view text) {
    const auto is_letter_or_digit = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    };
    return std::ranges::any_of(secret_heads, [&](std::string_view head) { return text.starts_with(head); }) ||
           (text.size() >= run_of_a_secret && std::ranges::all_of(text, is_letter_or_digit));
}

void take_open_values(ImportRow& row, const PairValues& values) {
    const auto word = environment_word(values);
    const bool misplaced =
        is_secret_like(values.of(tenant)) || is_secret_like(values.of(tenant_name)) || (word && is_secret_like(*word));
    if (misplaced) {
        set_problem(row, "something that looks like a secret stands where a tenant or an environment should",
                    "look whether the columns or names are in their right place");
        return;
    }
    row.tenant = values.of(tenant);
    row.tenant_name = values.of(tenant_name);
    if (!word) {
        set_problem(row, "the row says of its environment what cannot be understood, or two different things",
                    "say production or integration, or take it out and say --environment E");
        return;
    }
    row.selector = *word;
}

void take_form_field(ImportRow& row, const std::string& name, std::string_view value) {
    value = without_white_space(value);
    if (value.empty()) return;
    if (is_secret_like(value)) {
        set_problem(
            row, fmt::format("the form field {} looks like a secret", printable(name)),
            "form fields are shown with their connection: look whether the columns or names are in their place");
    } else if (const auto taken = row.form_fields.emplace(name, value); !taken.second && taken.first->second != value) {
        set_problem(row, fmt::format("the form field {} stands more than once, with different values", printable(name)),
                    "name it once");
    }
}

ImportRow row_of(const std::string& file, std::size_t line, const PairValues& values, std::string problem = {}) {
    ImportRow row{.file = file, .line = line, .problem = std::move(problem)};
    if (!row.problem.empty()) row.next = "write the value out, alone on its line";
    take_open_values(row, values);
    row.client_id = copy_of(values.of(client_id));
    row.client_secret = copy_of(values.of(client_secret));
    row.app_key = copy_of(values.of(app_key));
    constexpr std::string_view from_portal = "copy it from the portal, or take the row out";
    if (row.client_id.empty()) set_problem(row, "the client ID is missing", from_portal);
    if (row.client_secret.empty()) set_problem(row, "the client secret is missing", from_portal);
    if (row.tenant.empty()) {
        set_problem(row, "the tenant ID is missing",
                    "add it (ST_TENANT_ID=ID in an .env file, the column tenant in a table)");
    }
    return row;
}

// .env files

/// The settings that have one prefix in common, by field.
struct Group {
    std::array<std::vector<const DotenvSetting*>, pair_field_count> fields;
    std::vector<std::pair<std::string, const DotenvSetting*>> form;  ///< with the field's name
};
using Groups = std::map<std::string, Group>;

const std::vector<const DotenvSetting*>& of(const Group& group, PairField field) {
    return group.fields[static_cast<std::size_t>(field)];
}

std::string_view value_of(const DotenvSetting& setting) { return without_white_space(setting.value.view()); }

bool has_any(const Group& group, PairField field) { return !of(group, field).empty(); }

Groups groups_of(const std::vector<DotenvSetting>& settings) {
    Groups groups;
    for (const auto& setting : settings) {
        if (value_of(setting).empty()) continue;
        if (auto extra = form_field_variable(setting.name)) {
            groups[std::move(extra->prefix)].form.emplace_back(std::move(extra->name), &setting);
        } else if (auto name = pair_name(setting.name)) {
            groups[std::move(name->prefix)].fields[static_cast<std::size_t>(name->field)].push_back(&setting);
        }
    }
    return groups;
}

bool has_portal_shape(const Group& group) {
    for (const auto field : {client_id, client_secret}) {
        for (const auto* setting : of(group, field)) {
            const auto value = value_of(*setting);
            if (std::ranges::any_of(portal_shapes, [&](std::string_view head) { return value.starts_with(head); }))
                return true;
        }
    }
    return false;
}

bool is_reference(const Group& group) {
    return std::ranges::any_of(of(group, client_secret), [](const DotenvSetting* setting) {
        return value_of(*setting).starts_with(reference_scheme);
    });
}

/// Whether the group is a pair of the portal, and not another service's.
bool is_meant(const std::string& prefix, const Group& group, Trust trust) {
    const bool has_pair_half = has_any(group, client_secret) || (trust == Trust::named && has_any(group, client_id));
    if (!has_pair_half || is_reference(group)) return false;
    if (is_portal_prefix(prefix) || has_portal_shape(group)) return true;
    return prefix.empty() && trust == Trust::named;
}

/// What keeps the value of `setting` from being sure goes into `problem`.
void check(const DotenvSetting& setting, std::string& problem) {
    if (!problem.empty()) return;
    if (!setting.problem.empty()) {
        problem = fmt::format("{}: {}", printable(setting.name), setting.problem);
    } else if (setting.is_expanded) {
        problem = fmt::format("{} is made of other variables", printable(setting.name));
    }
}

/// Takes the value of `field` from `settings`; what keeps it from being sure goes into `problem`.
void take(PairValues& values, PairField field, const std::vector<const DotenvSetting*>& settings,
          std::string& problem) {
    for (const auto* setting : settings) {
        auto& value = values[field];
        if (!value.empty() && without_white_space(value.view()) != value_of(*setting) && problem.empty())
            problem = fmt::format("{} stands more than once, with different values", printable(setting->name));
        check(*setting, problem);
        value = copy_of(value_of(*setting));
    }
}

/// What a group does not say itself, another may say for all: if it is one thing that is said.
void take_from_others(PairValues& values, PairField field, const Groups& groups, std::string& problem) {
    const bool is_of_environment = field == environment || field == sandbox || field == token_url;
    std::vector<const DotenvSetting*> said, said_of_pairs;
    for (const auto& [prefix, group] : groups) {
        // ENVIRONMENT alone is the program's own, not the portal's.
        const bool counts = is_portal_prefix(prefix) || (prefix.empty() && !is_of_environment);
        if (!counts) continue;
        const bool has_own_pair = has_any(group, client_id) || has_any(group, client_secret);
        for (const auto* setting : of(group, field)) (has_own_pair ? said_of_pairs : said).push_back(setting);
    }
    // What stands beside another pair is that pair's, unless nothing else says it.
    if (said.empty()) said = std::move(said_of_pairs);
    const bool agree = std::ranges::all_of(
        said, [&](const DotenvSetting* setting) { return value_of(*setting) == value_of(*said.front()); });
    if (agree) take(values, field, said, problem);
}

bool is_same_pair(const ImportRow& left, const ImportRow& right) {
    return left.form_fields == right.form_fields && left.client_id.view() == right.client_id.view() &&
           left.client_secret.view() == right.client_secret.view();
}

ImportRow row_of_group(const std::string& file, const std::string& prefix, const Groups& groups) {
    const auto& group = groups.at(prefix);
    PairValues values;
    std::string problem;
    for (std::size_t at = 0; at < pair_field_count; ++at) {
        const auto field = static_cast<PairField>(at);
        const bool is_of_environment = field == environment || field == sandbox || field == token_url;
        if (prefix.empty() && is_of_environment) continue;
        take(values, field, of(group, field), problem);
    }
    const bool says_environment =
        !values.of(environment).empty() || !values.of(sandbox).empty() || !values.of(token_url).empty();
    for (const auto field : {app_key, tenant, tenant_name}) {
        if (values.of(field).empty()) take_from_others(values, field, groups, problem);
    }
    for (const auto field : {environment, sandbox, token_url}) {
        if (!says_environment) take_from_others(values, field, groups, problem);
    }
    for (const auto& [name, setting] : group.form) check(*setting, problem);
    const auto& anchor = has_any(group, client_id) ? of(group, client_id) : of(group, client_secret);
    auto row = row_of(file, anchor.front()->line, values, std::move(problem));
    for (const auto& [name, setting] : group.form) take_form_field(row, name, value_of(*setting));
    return row;
}

std::vector<ImportRow> dotenv_rows(std::string_view text, const std::string& file, Trust trust) {
    const auto settings = read_foreign_dotenv(text);
    const auto groups = groups_of(settings);
    std::vector<ImportRow> rows;
    for (const auto& [prefix, group] : groups) {
        if (!is_meant(prefix, group, trust)) continue;
        auto row = row_of_group(file, prefix, groups);
        const bool is_known = row.problem.empty() && std::ranges::any_of(rows, [&](const ImportRow& other) {
                                  return other.problem.empty() && is_same_pair(row, other);
                              });
        if (!is_known) rows.push_back(std::move(row));
    }
    std::ranges::sort(rows, {}, &ImportRow::line);
    return rows;
}

// tables

using Columns = std::vector<std::optional<PairField>>;

Columns columns_of(const CsvRecord& header) {
    Columns columns;
    for (const auto& cell : header.cells) {
        const bool is_form_field = form_field_column(without_white_space(cell.view())).has_value();
        columns.push_back(is_form_field ? std::nullopt : column_field(cell.view()));
    }
    return columns;
}

bool has_column(const Columns& columns, PairField field) { return std::ranges::find(columns, field) != columns.end(); }

/// The one by which the header names a client ID.
std::optional<char> separator_of(std::string_view text) {
    for (const auto separator : separators) {
        const auto header = CsvReader{text, separator}.next();
        if (header && has_column(columns_of(*header), client_id)) return separator;
    }
    return std::nullopt;
}

Result<void> check_columns(const Columns& columns, const std::string& file) {
    constexpr std::string_view known =
        "the first line names the columns: tenant, client_id, client_secret; and, where "
        "there are any: environment, app_key, name, form_field.NAME";
    for (const auto& [field, name] :
         {std::pair{client_id, "client_id"}, std::pair{client_secret, "client_secret"}, std::pair{tenant, "tenant"}}) {
        if (!has_column(columns, field)) {
            return refuse("bad_input", fmt::format("{}:1: no column is named {}", printable(file), name),
                          std::string{known});
        }
    }
    for (const auto& field : columns) {
        if (field && std::ranges::count(columns, field) > 1) {
            return refuse("bad_input", fmt::format("{}:1: two columns name the same thing", printable(file)),
                          std::string{known});
        }
    }
    return {};
}

Result<std::vector<ImportRow>> csv_rows(std::string_view text, const std::string& file) {
    CsvReader reader{text, separator_of(text).value_or(separators.front())};
    const auto header = reader.next();
    std::vector<ImportRow> rows;
    if (!header) return rows;
    const auto columns = columns_of(*header);
    if (auto good = check_columns(columns, file); !good) return std::unexpected{good.error()};
    while (auto record = reader.next()) {
        PairValues values;
        if (record->problem.empty() && record->cells.size() != columns.size()) {
            record->problem = fmt::format("it has {} cells, the header names {}", record->cells.size(), columns.size());
        }
        for (std::size_t at = 0; at < std::min(columns.size(), record->cells.size()); ++at) {
            if (columns[at] && record->problem.empty()) values[*columns[at]] = std::move(record->cells[at]);
        }
        auto row = row_of(file, record->line, values, record->problem);
        for (std::size_t at = 0; at < std::min(header->cells.size(), record->cells.size()); ++at) {
            const auto name = form_field_column(without_white_space(header->cells[at].view()));
            if (name && record->problem.empty()) take_form_field(row, *name, record->cells[at].view());
        }
        rows.push_back(std::move(row));
        if (!record->problem.empty())
            rows.back().next = "correct the line; cells that hold commas or quotes are quoted";
    }
    return rows;
}

// JSON

client::WipedText text_of(const json::value& value) {
    if (const auto* text = value.if_string()) return copy_of({text->data(), text->size()});
    if (const auto* number = value.if_int64()) return copy_of(std::to_string(*number));
    if (const auto* big = value.if_uint64()) return copy_of(std::to_string(*big));
    if (const auto* truth = value.if_bool()) return copy_of(*truth ? "true" : "false");
    return {};
}

void take_form_fields(ImportRow& row, const json::value& member) {
    const auto* fields = member.if_object();
    if (fields == nullptr) {
        set_problem(row, "form_fields is no object", "write it as {\"form_fields\": {\"NAME\": \"VALUE\"}}");
        return;
    }
    for (const auto& field : *fields) take_form_field(row, field.key(), text_of(field.value()).view());
}

ImportRow row_of_object(const std::string& file, std::size_t line, const json::object& object) {
    PairValues values;
    std::string problem;
    for (const auto& member : object) {
        const auto field = column_field({member.key().data(), member.key().size()});
        if (!field || member.value().is_null()) continue;
        if (!values[*field].empty()) problem = "two members name the same thing";
        values[*field] = text_of(member.value());
    }
    auto row = row_of(file, line, values, std::move(problem));
    if (const auto* fields = object.if_contains("form_fields"); fields != nullptr && !fields->is_null())
        take_form_fields(row, *fields);
    return row;
}

ImportRow broken_line(const std::string& file, std::size_t line, std::string what) {
    ImportRow row{.file = file, .line = line};
    set_problem(row, std::move(what), "write one JSON object on each line");
    return row;
}

std::vector<ImportRow> json_rows(std::string_view text, const std::string& file) {
    constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
    if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
    std::vector<ImportRow> rows;
    // A settings file is one object over many lines.
    if (const auto whole = protocol::parse_strict(text, protocol::wiped_storage()); whole && whole->is_object()) {
        rows.push_back(row_of_object(file, 1, whole->get_object()));
        return rows;
    }
    for (std::size_t line = 1; !text.empty(); ++line) {
        const auto one = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(one.size() + 1, text.size()));
        if (without_white_space(one).empty()) continue;
        const auto parsed = protocol::parse_strict(without_white_space(one), protocol::wiped_storage());
        if (!parsed) {
            rows.push_back(broken_line(file, line, "this is no JSON object: " + parsed.error().what));
        } else if (!parsed->is_object()) {
            rows.push_back(broken_line(file, line, "this is JSON, but no object"));
        } else {
            rows.push_back(row_of_object(file, line, parsed->get_object()));
        }
    }
    return rows;
}

std::string_view name_part(std::string_view file) {
    const auto slash = file.rfind('/');
    return slash == std::string_view::npos ? file : file.substr(slash + 1);
}

}  // namespace

std::optional<RowFormat> row_format(std::string_view name) {
    if (name == "dotenv") return RowFormat::dotenv;
    if (name == "csv") return RowFormat::csv;
    if (name == "json") return RowFormat::json;
    return std::nullopt;
}

RowFormat format_of(std::string_view file, std::string_view text) {
    const auto name = name_part(file);
    const auto ends_with_any = [&](std::initializer_list<std::string_view> ends) {
        return std::ranges::any_of(ends, [&](std::string_view end) { return name.ends_with(end); });
    };
    if (ends_with_any({".csv", ".tsv", ".CSV"})) return RowFormat::csv;
    if (ends_with_any({".json", ".jsonl", ".ndjson"})) return RowFormat::json;
    if (name.starts_with(".env") || name.ends_with(".env")) return RowFormat::dotenv;
    const auto content = without_white_space(text);
    if (content.starts_with('{')) return RowFormat::json;
    const auto first_line = content.substr(0, content.find('\n'));
    return !first_line.contains('=') && separator_of(content) ? RowFormat::csv : RowFormat::dotenv;
}

Result<std::vector<ImportRow>> rows_in(std::string_view text, const std::string& file, RowFormat format, Trust trust) {
    if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff")) {
        return refuse("bad_input", fmt::format("{} is written in UTF-16", printable(file)),
                      fmt::format("iconv -f UTF-16 -t UTF-8 {} | jeton import - …", printable(file)));
    }
    if (text.contains('\0')) {
        return refuse("bad_input", fmt::format("{} is no text", printable(file)), "give .env files, CSV or JSON lines");
    }
    switch (format) {
        case RowFormat::csv: return csv_rows(text, file);
        case RowFormat::json: return json_rows(text, file);
        case RowFormat::dotenv: break;
    }
    return dotenv_rows(text, file, trust);
}

}  // namespace jeton::cli
