#include "cli/doctor_findings.hpp"

#include <array>

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <fmt/format.h>

#include "cli/table.hpp"
#include "cli/text.hpp"
#include "libclient/http/server_check.hpp"
#include "libclient/http/unique_handle.hpp"
#include "libclient/protocol/words.hpp"

namespace jeton::cli {
namespace {

constexpr std::array<std::string_view, 4> severities{"problem", "warning", "note", "ok"};
constexpr int so_peerpidfd = 77;                   // SO_PEERPIDFD of asm-generic/socket.h, Linux 6.5
constexpr long landlock_create_ruleset = 444;      // landlock(7); the same number on all architectures
constexpr unsigned landlock_ask_for_version = 1U;  // LANDLOCK_CREATE_RULESET_VERSION

std::string kernel_name() {
    utsname name{};
    return ::uname(&name) == 0 ? fmt::format("{} {}", name.sysname, name.release) : std::string{"this kernel"};
}

bool proves_processes() {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) return false;
    const client::UniqueHandle one{ends[0]}, other{ends[1]};
    int descriptor = -1;
    socklen_t size = sizeof descriptor;
    if (::getsockopt(one.get(), SOL_SOCKET, so_peerpidfd, &descriptor, &size) != 0) return false;
    const client::UniqueHandle closed{descriptor};
    return true;
}

Style style_of(const Finding& finding) {
    if (finding.severity == "problem") return Style::red;
    if (finding.severity == "warning") return Style::yellow;
    return finding.severity == "ok" ? Style::green : Style::bold;
}

constexpr std::size_t severity_width = 9, check_width = 12, indent = severity_width + check_width;

/// `text` in lines that fit behind the first two columns.
std::string behind_columns(std::string_view text, std::size_t width) {
    const auto room = width > indent + 20 ? width - indent : 0;
    std::string shown;
    for (const char c : wrapped(text, room)) {
        shown += c;
        if (c == '\n') shown += std::string(indent, ' ');
    }
    return shown + "\n";
}

std::string counted(std::size_t count, std::string_view word) {
    return fmt::format("{} {}{}", count, word, count == 1 ? "" : "s");
}

}  // namespace

Findings kernel_findings() {
    const auto kernel = kernel_name();
    Findings findings;
    if (!proves_processes()) {
        findings.push_back({"kernel", "note",
                            fmt::format("{} does not say which process is at the other end of a socket: bindings of "
                                        "systemd units are refused",
                                        kernel),
                            "bind users or groups, or run Linux 6.5 or later"});
    }
    if (::syscall(landlock_create_ruleset, nullptr, 0, landlock_ask_for_version) < 1) {
        findings.push_back({"kernel", "warning",
                            fmt::format("{} has no Landlock, or it is switched off: the daemon's processes can open "
                                        "files that they do not need",
                                        kernel),
                            "boot with lsm=landlock,… or run a kernel that has it"});
    }
    if (::prctl(PR_GET_SECCOMP) < 0) {
        findings.push_back({"kernel", "warning",
                            fmt::format("{} has no seccomp: the daemon's processes can call all of the kernel", kernel),
                            "run a kernel that has it"});
    }
    if (findings.empty()) findings.push_back({"kernel", "ok", kernel + " has all that the daemon uses", {}});
    return findings;
}

Findings socket_findings(const client::Endpoint& endpoint) {
    Findings findings;
    for (const auto socket : {client::Socket::token, client::Socket::control}) {
        const auto path = fmt::format("{}/{}", endpoint.directory(socket), client::name_of(socket));
        const auto shown = printable(path);
        struct stat seen{};
        if (::stat(path.c_str(), &seen) != 0) {
            findings.push_back(
                {"permissions", "problem", fmt::format("there is no socket {}", shown), "start the daemon: jetond"});
        } else if (socket == client::Socket::control && (seen.st_mode & S_IWOTH) != 0) {
            findings.push_back(
                {"permissions", "problem",
                 fmt::format("anybody may connect to {} (mode {})", shown, client::mode_text(seen.st_mode & 07777)),
                 fmt::format("chmod 0660 {}", shown)});
        }
    }
    if (findings.empty()) findings.push_back({"permissions", "ok", "the sockets belong to whom they should", {}});
    return findings;
}

Finding version_finding(std::string_view daemon_version) {
    if (daemon_version == protocol::version)
        return {"versions", "ok", fmt::format("daemon and command are {}", protocol::version), {}};
    return {"versions", "warning", fmt::format("the daemon is {}, this command {}", daemon_version, protocol::version),
            "restart the daemon, or install one version of both"};
}

std::string findings_text(const Findings& findings, const Terminal& terminal, bool quiet) {
    std::string text;
    std::array<std::size_t, severities.size()> counts{};
    for (std::size_t rank = 0; rank < severities.size(); ++rank) {
        for (const auto& finding : findings) {
            if (finding.severity != severities.at(rank)) continue;
            ++counts.at(rank);
            if (quiet && finding.severity == "ok") continue;
            text += painted(padded(finding.severity, severity_width), style_of(finding), terminal.color) +
                    padded(finding.check, check_width) + behind_columns(finding.what, terminal.width);
            if (!finding.next.empty()) text += std::string(indent, ' ') + behind_columns(finding.next, terminal.width);
        }
    }
    return text + fmt::format("\n{}, {}, {}\n", counted(counts[0], "problem"), counted(counts[1], "warning"),
                              counted(counts[2], "note"));
}

json::array findings_view(const Findings& findings) {
    json::array list;
    for (const auto& finding : findings) {
        list.push_back({{"check", finding.check},
                        {"severity", finding.severity},
                        {"what", finding.what},
                        {"next", finding.next.empty() ? json::value(nullptr) : json::value(finding.next)}});
    }
    return list;
}

}  // namespace jeton::cli
