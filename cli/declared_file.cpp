#include "cli/declared_file.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <map>
#include <system_error>
#include <utility>

#include <sys/stat.h>

#include <fmt/format.h>
#include <fmt/ranges.h>
// The program carries its libraries: toml++ is compiled in, here alone.
#include <toml++/toml.h>

#include "cli/input_file.hpp"
#include "cli/suggestion.hpp"
#include "cli/text.hpp"
#include "cli/token_request.hpp"
#include "cli/values.hpp"

namespace jeton::cli {
namespace {

constexpr std::size_t file_limit = 16UZ * 1024 * 1024;  ///< bytes

/// What nobody should put into a file that is kept and copied.
constexpr std::array never_in_files{
    std::string_view{"app_key"},  std::string_view{"client_secret"},   std::string_view{"secret"},
    std::string_view{"secrets"},  std::string_view{"client_id"},       std::string_view{"consent"},
    std::string_view{"state"},    std::string_view{"version"},         std::string_view{"allowed"},
    std::string_view{"password"}, std::string_view{"accepted_version"}};

/// APP/TENANT@ENVIRONMENT with no part empty; of a pattern the tenant is `*`.
bool is_connection(std::string_view text, bool may_be_pattern) {
    const auto parts = parts_of(text);
    return parts && !parts->app.empty() && !parts->tenant.empty() && !parts->environment.empty() &&
           (may_be_pattern || parts->tenant != "*");
}

class FileReader {
public:
    FileReader(const std::string& file, Declarations& into) : file_(file), into_(into) {
        for (const auto& object : into.objects) seen_.emplace(key_of(object.kind, object.fields), object.place);
    }

    Result<void> read(const toml::table& root) {
        for (const auto& [key, node] : root) {
            if (auto read = read_kind(key, node); !read) return read;
        }
        return {};
    }

private:
    std::unexpected<Failure> fail(std::int64_t line, const std::string& what, std::string next) const {
        return refuse("bad_input", fmt::format("{}:{}: {}", printable(file_), line, what), std::move(next));
    }

    static std::int64_t line_of(const toml::node& node) { return node.source().begin.line; }
    static std::int64_t line_of(const toml::key& key) { return key.source().begin.line; }

    Result<void> read_kind(const toml::key& key, const toml::node& node) {
        const auto kind = kind_named(key.str());
        if (!kind) return unknown_kind(key);
        const auto word = word_of(*kind);
        const auto* const list = node.as_array();
        if (list == nullptr || !std::ranges::all_of(*list, [](const auto& one) { return one.is_table(); })) {
            return fail(line_of(key), fmt::format("{} must be a list of tables", word),
                        fmt::format("write [[{}]] above each of them", word));
        }
        into_.kinds.insert(*kind);
        for (const auto& one : *list) {
            if (auto read = read_object(*kind, *one.as_table()); !read) return read;
        }
        return {};
    }

    std::unexpected<Failure> unknown_kind(const toml::key& key) const {
        std::vector<std::string> known;
        known.reserve(all_kinds.size());
        for (const auto kind : all_kinds) known.emplace_back(word_of(kind));
        const auto near = nearest(key.str(), known);
        return fail(
            line_of(key), fmt::format("unknown table [[{}]]", printable(key.str())),
            near ? fmt::format("did you mean [[{}]]?", *near) : fmt::format("known are: {}", fmt::join(known, ", ")));
    }

    Result<void> read_object(Kind kind, const toml::table& table) {
        Declared object{.kind = kind, .place = {file_, line_of(table)}};
        for (const auto& [key, node] : table) {
            const auto known = fields_of(kind);
            const auto field = std::ranges::find(known, key.str(), &Field::name);
            if (field == known.end()) return unknown_key(kind, key);
            auto value = value_of(*field, key, node);
            if (!value) return std::unexpected{value.error()};
            object.fields[field->name] = *std::move(value);
        }
        if (kind == Kind::tenant || kind == Kind::role) name_environment(object);
        if (auto whole = check_whole(object); !whole) return whole;
        const auto [before, is_new] = seen_.emplace(key_of(kind, object.fields), object.place);
        if (!is_new) {
            return fail(
                object.place.line,
                fmt::format("{} {} was declared before", word_of(kind), printable(name_of(kind, object.fields))),
                fmt::format("keep one of both; the other is at {}:{}", printable(before->second.file),
                            before->second.line));
        }
        into_.objects.push_back(std::move(object));
        return {};
    }

    static void name_environment(Declared& object) {
        if (const auto tenant = text_of(object.fields, "tenant"); !tenant.empty())
            object.fields["tenant"] = with_environment(tenant);
    }

    std::unexpected<Failure> unknown_key(Kind kind, const toml::key& key) const {
        const auto what = fmt::format("unknown key {} in [[{}]]", printable(key.str()), word_of(kind));
        if (std::ranges::find(never_in_files, key.str()) != never_in_files.end()) {
            return fail(line_of(key), what,
                        "take it out: secrets, keys and what tenants decide stand in no file; see jeton-apply(1)");
        }
        std::vector<std::string> known;
        for (const auto& field : fields_of(kind)) known.emplace_back(field.name);
        const auto near = nearest(key.str(), known);
        return fail(
            line_of(key), what,
            near ? fmt::format("did you mean {}?", *near) : fmt::format("known are: {}", fmt::join(known, ", ")));
    }

    Result<json::value> value_of(const Field& field, const toml::key& key, const toml::node& node) const {
        switch (field.type) {
            case Type::text:
                if (const auto text = node.value_exact<std::string>()) return word_for(field, key, *text);
                return fail(line_of(key), fmt::format("{} must be a text", field.name), "put it in quotes");
            case Type::flag:
                if (const auto flag = node.value_exact<bool>()) return json::value(*flag);
                return fail(line_of(key), fmt::format("{} must be true or false", field.name), "without quotes");
            case Type::texts: return texts_of(field, key, node);
            case Type::moment: break;
        }
        return moment_of(field, key, node);
    }

    Result<json::value> word_for(const Field& field, const toml::key& key, const std::string& text) const {
        // Taken for one that is not there, it would name more than is meant.
        if (text.empty() && field.change == Change::names) {
            return fail(line_of(key), fmt::format("{} is empty", field.name), "leave it out, or say which");
        }
        if (field.of.empty() || std::ranges::find(field.of, text) != field.of.end()) return json::value(text);
        const auto near = nearest(text, {field.of.begin(), field.of.end()});
        return fail(
            line_of(key), fmt::format("there is no {} {}", field.name, printable(text)),
            near ? fmt::format("did you mean {}?", *near) : fmt::format("known are: {}", fmt::join(field.of, ", ")));
    }

    Result<json::value> texts_of(const Field& field, const toml::key& key, const toml::node& node) const {
        const auto form = fmt::format("write {} = [\"…\", \"…\"]", field.name);
        const auto* const list = node.as_array();
        if (list == nullptr) return fail(line_of(key), fmt::format("{} must be a list of texts", field.name), form);
        json::array texts;
        for (const auto& one : *list) {
            const auto text = one.value_exact<std::string>();
            if (!text) return fail(line_of(one), fmt::format("{} must be a list of texts", field.name), form);
            const json::value value(*text);
            if (std::ranges::find(texts, value) == texts.end()) texts.push_back(value);
        }
        return json::value(std::move(texts));
    }

    Result<json::value> moment_of(const Field& field, const toml::key& key, const toml::node& node) const {
        const auto moment = node.value_exact<toml::date_time>();
        if (!moment || !moment->offset) {
            return fail(line_of(key), fmt::format("{} must be a date and time with its offset", field.name),
                        fmt::format("write {} = 2027-01-31T00:00:00Z, without quotes", field.name));
        }
        const std::chrono::year_month_day date{std::chrono::year{moment->date.year},
                                               std::chrono::month{moment->date.month},
                                               std::chrono::day{moment->date.day}};
        const auto seconds = std::chrono::sys_days{date}.time_since_epoch() + std::chrono::hours{moment->time.hour} +
                             std::chrono::minutes{moment->time.minute} + std::chrono::seconds{moment->time.second} -
                             std::chrono::minutes{moment->offset->minutes};
        return json::value(std::int64_t{std::chrono::duration_cast<std::chrono::seconds>(seconds).count()});
    }

    std::unexpected<Failure> lacks(const Declared& object, std::string_view what, std::string next) const {
        return fail(object.place.line, fmt::format("this [[{}]] {}", word_of(object.kind), what), std::move(next));
    }

    /// What an object of its kind cannot be without.
    Result<void> check_whole(const Declared& object) const {
        const auto has = [&](std::string_view name) { return !text_of(object.fields, name).empty(); };
        for (const auto& field : fields_of(object.kind)) {
            const bool is_there = field.type == Type::text ? has(field.name) : object.fields.contains(field.name);
            if (field.required && !is_there)
                return lacks(object, fmt::format("has no {}", field.name), fmt::format("add {} = …", field.name));
        }
        switch (object.kind) {
            case Kind::environment:
                if (!has("kind") && !has("preset"))
                    return lacks(object, "has no kind", R"(add kind = "local", kind = "upstream", or a preset)");
                break;
            case Kind::connection:
                if (!is_connection(text_of(object.fields, "connection"), false))
                    return lacks(object, "names no connection", R"(write connection = "APP/TENANT@ENVIRONMENT")");
                break;
            case Kind::binding: return check_binding(object);
            case Kind::role: return check_role(object);
            case Kind::scope:
            case Kind::tenant:
            case Kind::app: break;
        }
        return {};
    }

    Result<void> check_binding(const Declared& object) const {
        const auto has = [&](std::string_view name) { return !text_of(object.fields, name).empty(); };
        constexpr auto* forms = R"(write connection = "APP/TENANT@ENVIRONMENT" or introspect = "ENVIRONMENT")";
        if (has("connection") == has("introspect"))
            return lacks(object, "must be for a connection, or for introspect, and not both", forms);
        if (has("connection") && !is_connection(text_of(object.fields, "connection"), true))
            return lacks(object, "names no connection", forms);
        if (has("connection") && (has("app") || has("resource")))
            return lacks(object, "has app or resource, which limit what introspect shows", forms);
        if (!has("user") && !has("group") && !has("unit"))
            return lacks(object, "is for nobody", "add user, group or unit; of several all must hold");
        return {};
    }

    Result<void> check_role(const Declared& object) const {
        const auto has = [&](std::string_view name) { return !text_of(object.fields, name).empty(); };
        const auto role = text_of(object.fields, "role");
        if (has("user") == has("group")) return lacks(object, "must be for one user or one group", "add user or group");
        if (has("app") && role != "developer")
            return lacks(object, "has an app, which only a developer has", "take it out");
        if (has("tenant") != (role == "tenant-admin"))
            return lacks(object,
                         role == "tenant-admin" ? "has no tenant" : "has a tenant, which only a tenant-admin has",
                         R"(write tenant = "TENANT@ENVIRONMENT" for a tenant-admin alone)");
        return {};
    }

    const std::string& file_;
    Declarations& into_;
    std::map<std::string, Place> seen_;
};

Result<std::vector<std::string>> files_in(const std::string& directory) {
    std::vector<std::string> files;
    std::error_code problem;
    for (auto one = std::filesystem::directory_iterator{directory, problem};
         !problem && one != std::filesystem::directory_iterator{}; one.increment(problem)) {
        const auto name = one->path().filename().string();
        if (name.ends_with(".toml") && !name.starts_with('.')) files.push_back(one->path().string());
    }
    if (problem) {
        return refuse("bad_input", fmt::format("{} cannot be read: {}", printable(directory), problem.message()),
                      "name a directory that you may read");
    }
    if (files.empty()) {
        return refuse("bad_input", fmt::format("no *.toml file is in {}", printable(directory)),
                      "name the directory with the files themselves; what lies below it is not read");
    }
    std::ranges::sort(files);
    return files;
}

bool is_directory(const std::string& path) {
    struct stat status{};
    return path != "-" && ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (byte < 0x20 || byte == 0x7f) {
            out += fmt::format("\\u{:04x}", byte);
        } else {
            out += c;
        }
    }
    return out + "\"";
}

std::string list_text(const json::array& list) {
    constexpr std::size_t line_limit = 100;
    std::vector<std::string> texts;
    std::size_t size = 0;
    for (const auto& one : list) {
        texts.push_back(quoted({one.as_string().data(), one.as_string().size()}));
        size += texts.back().size() + 2;
    }
    if (size < line_limit) return fmt::format("[{}]", fmt::join(texts, ", "));
    return fmt::format("[\n    {},\n]", fmt::join(texts, ",\n    "));
}

std::string value_text(const Field& field, const json::value& value) {
    switch (field.type) {
        case Type::text: return quoted({value.as_string().data(), value.as_string().size()});
        case Type::texts: return list_text(value.as_array());
        case Type::flag: return value.as_bool() ? "true" : "false";
        case Type::moment: break;
    }
    constexpr std::int64_t minute = 60;
    return rfc3339(value.as_int64() / minute * minute);
}

std::string object_text(const Declared& object) {
    auto text = fmt::format("[[{}]]\n", word_of(object.kind));
    for (const auto& field : fields_of(object.kind)) {
        const auto* const value = object.fields.if_contains(field.name);
        if (value != nullptr) text += fmt::format("{} = {}\n", field.name, value_text(field, *value));
    }
    return text;
}

}  // namespace

Result<void> read_declarations(std::string_view text, const std::string& file, Declarations& into) {
    try {
        const auto root = toml::parse(text);
        return FileReader{file, into}.read(root);
    } catch (const toml::parse_error& problem) {
        return refuse(
            "bad_input",
            fmt::format("{}:{}: {}", printable(file), problem.source().begin.line, printable(problem.description())),
            "correct the line; the form is TOML 1.0");
    }
}

Result<Declarations> read_declared(const std::string& path) {
    std::vector<std::string> files{path};
    if (is_directory(path)) {
        auto found = files_in(path);
        if (!found) return std::unexpected{found.error()};
        files = *std::move(found);
    }
    Declarations all;
    for (const auto& file : files) {
        const auto text = read_input(file, file_limit, "split it: a directory of files is read as one");
        if (!text) return std::unexpected{text.error()};
        const auto name = file == "-" ? std::string{"standard input"} : file;
        if (auto read = read_declarations(*text, name, all); !read) return std::unexpected{read.error()};
    }
    return all;
}

std::string declared_text(const Declarations& declarations) {
    std::string text;
    std::string objects;
    for (const auto kind : all_kinds) {
        std::vector<std::pair<std::string, const Declared*>> sorted;
        for (const auto& object : declarations.objects) {
            if (object.kind == kind) sorted.emplace_back(key_of(kind, object.fields), &object);
        }
        std::ranges::sort(sorted);
        for (const auto& [key, object] : sorted) objects += "\n" + object_text(*object);
        if (sorted.empty() && declarations.kinds.contains(kind)) text += fmt::format("{} = []\n", word_of(kind));
    }
    return text + objects;
}

}  // namespace jeton::cli
