#include "daemon/front/peer/unit.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>

#include <sys/stat.h>

#include <fmt/format.h>

#include "daemon/base/log.hpp"

namespace jeton::front {
namespace {

constexpr std::size_t unit_name_limit = 255;
constexpr std::size_t shown_limit = 128;  ///< bytes of a path in a text for a person
constexpr std::size_t mounts_limit = 4UZ * 1024 * 1024;
constexpr std::size_t members_limit = 1024UZ * 1024;  ///< bytes of cgroup.procs: some 150,000 processes

bool is_unit_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view{":_.\\@-"}.contains(c);
}

/// Takes the first line off `text`.
std::string_view take_line(std::string_view& text) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    return line;
}

Placement nowhere(std::string why) { return {.path = {}, .unit = no_unit(std::move(why))}; }

std::string shown(std::string_view path) {
    return path.size() <= shown_limit ? log::escape(path) : log::escape(path.substr(0, shown_limit)) + "...";
}

/// The path of the unified hierarchy's line; nothing where there is not exactly one.
std::optional<std::string_view> unified_path(std::string_view text) {
    constexpr std::string_view start = "0::";
    std::optional<std::string_view> path;
    while (!text.empty()) {
        const auto line = take_line(text);
        if (!line.starts_with(start)) continue;
        if (path) return std::nullopt;
        path = line.substr(start.size());
    }
    return path;
}

/// systemd puts `_` before a name that could be mistaken for a file of the kernel (cg_escape in its source).
std::string_view unescape(std::string_view component) {
    if (component.starts_with('_')) component.remove_prefix(1);
    return component;
}

bool has_component(std::string_view path, std::string_view wanted) {
    while (!path.empty()) {
        path.remove_prefix(1);  // the slash
        const auto component = path.substr(0, path.find('/'));
        if (component == wanted) return true;
        path.remove_prefix(component.size());
    }
    return false;
}

/// A mount's directory as /proc writes it: blank, tab, newline and backslash in octal.
std::string unescape_mount(std::string_view text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        unsigned code = 0;
        const char* digits = text.data() + i + 1;
        if (text[i] == '\\' && text.size() - i >= 4 && std::from_chars(digits, digits + 3, code, 8).ptr == digits + 3) {
            plain.push_back(static_cast<char>(code));
            i += 3;
        } else {
            plain.push_back(text[i]);
        }
    }
    return plain;
}

bool lists(std::string_view members, pid_t pid) {
    const auto number = std::to_string(pid);
    while (!members.empty()) {
        if (take_line(members) == number) return true;
    }
    return false;
}

/// Whether the kernel itself places the process in `directory`. Refuses where it does not say.
Result<bool> confirms(const std::string& directory, const Process& process, const std::optional<Process::Info>& info) {
    if (info) {
        struct stat found{};
        if (::stat(directory.c_str(), &found) == 0) return info->cgroup == found.st_ino;
        if (errno == ENOENT || errno == EACCES) return false;  // not there, or not to be seen, in our view of the tree
        return failed_call("stat of the control group");
    }
    const auto members = read_text(directory + "/cgroup.procs", members_limit);
    if (members) return lists(*members, process.pid());
    if (errno == ENOENT || errno == EACCES || errno == EOPNOTSUPP || errno == EFBIG) return false;
    return failed_call("cgroup.procs");
}

}  // namespace

bool is_unit_name(std::string_view name, std::string_view type) {
    if (name.size() > unit_name_limit || !name.ends_with(type)) return false;
    const auto stem = name.substr(0, name.size() - type.size());
    return !stem.empty() && !stem.starts_with('@') && !stem.ends_with('@') &&
           std::ranges::all_of(stem, is_unit_character);
}

Placement read_placement(std::string_view proc_cgroup) {
    const auto path = unified_path(proc_cgroup);
    if (!path) return nowhere("this host places processes in no unified control group (cgroup2)");
    if (!path->starts_with('/')) return nowhere("the kernel names its control group in an unknown form");
    if (has_component(*path, ".."))
        return nowhere(fmt::format("its control group {} lies outside those that the daemon sees", shown(*path)));
    if (path->ends_with(" (deleted)")) return nowhere("its control group has been removed");
    auto rest = *path;
    while (rest.size() > 1) {
        rest.remove_prefix(1);
        const auto component = unescape(rest.substr(0, rest.find('/')));
        rest.remove_prefix(std::min(rest.find('/'), rest.size()));
        if (is_unit_name(component, ".slice") && component != "-.slice") continue;
        if (is_unit_name(component, ".service") || is_unit_name(component, ".scope"))
            return {.path = std::string{*path}, .unit = {.name = std::string{component}, .unknown = {}}};
        break;
    }
    return nowhere(fmt::format("its control group {} belongs to no service or scope of systemd", shown(*path)));
}

std::string find_cgroup_mount(std::string_view proc_mounts) {
    while (!proc_mounts.empty()) {
        auto line = take_line(proc_mounts);
        const auto next = [&line] {
            const auto word = line.substr(0, line.find(' '));
            line.remove_prefix(std::min(line.size(), word.size() + 1));
            return word;
        };
        next();  // the device: a name that means nothing
        const auto directory = next();
        if (next() == "cgroup2") return unescape_mount(directory);
    }
    return {};
}

const std::string& cgroup_mount() {
    static const auto mount = find_cgroup_mount(read_text("/proc/self/mounts", mounts_limit).value_or(""));
    return mount;
}

Result<Unit> unit_of(const Process& process, const std::optional<Process::Info>& info) {
    const auto text = process.read("cgroup");
    if (!text) return failed_call("/proc/PID/cgroup");
    auto placed = read_placement(*text);
    if (!placed.unit.unknown.empty()) return placed.unit;
    if (cgroup_mount().empty()) return no_unit("this host has no mount of cgroup2");
    const auto confirmed = confirms(cgroup_mount() + placed.path, process, info);
    if (!confirmed) return confirmed.error();
    if (*confirmed) return placed.unit;
    return no_unit(fmt::format("the kernel does not confirm that it is in {}", shown(placed.path)));
}

std::optional<std::string> why_no_units() {
    if (!kernel_names_peers()) {
        return fmt::format(
            "{} does not name the process behind a socket (SO_PEERPIDFD, since 6.5): no unit can be "
            "proven on it",
            kernel_name());
    }
    if (cgroup_mount().empty()) return fmt::format("{} has no cgroup2 mounted here: there are no units", kernel_name());
    return std::nullopt;
}

}  // namespace jeton::front
