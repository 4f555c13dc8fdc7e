#include "daemon/base/landlock.hpp"

#include <cerrno>
#include <stdexcept>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "daemon/base/unique_fd.hpp"

namespace jeton::landlock {
namespace {

// `struct landlock_ruleset_attr` of ABI 6 and `struct landlock_path_beneath_attr`, which is packed.

struct RulesetAttributes {
    std::uint64_t file_rights;
    std::uint64_t tcp_rights;
    std::uint64_t scopes;
};
static_assert(sizeof(RulesetAttributes) == 24);

struct [[gnu::packed]] PathBeneath {
    std::uint64_t rights;
    std::int32_t parent;
};
static_assert(sizeof(PathBeneath) == 12);

constexpr unsigned version_flag = 1;
constexpr int path_beneath = 1;
constexpr std::uint64_t bind_tcp = 1U << 0U, connect_tcp = 1U << 1U;
constexpr std::uint64_t scope_abstract_sockets = 1U << 0U, scope_signals = 1U << 1U;

/// Rights that mean something on a file that is no directory; the kernel refuses a rule with others.
constexpr Rights of_files = execute | write_file | read_file | truncate | 1U << 15U;

Rights rights_known_to(int version) {
    if (version >= 5) return every_right;
    const unsigned known = version == 1 ? 13 : version == 2 ? 14 : 15;
    return (Rights{1} << known) - 1;
}

std::size_t size_known_to(int version) {
    return version >= 6 ? sizeof(RulesetAttributes) : version >= 4 ? 2 * sizeof(std::uint64_t) : sizeof(std::uint64_t);
}

[[noreturn]] void fail(const std::string& what) { throw std::system_error(errno, std::generic_category(), what); }

void add(int ruleset, const FileRule& rule, Rights governed) {
    const UniqueFd place{::open(rule.path.c_str(), O_PATH | O_CLOEXEC)};
    if (!place) {
        if (errno == ENOENT || errno == ENOTDIR || errno == EACCES) return;
        fail("Landlock: " + rule.path.string());
    }
    struct stat found{};
    if (::fstat(place.get(), &found) != 0) fail("Landlock: " + rule.path.string());
    PathBeneath beneath{rule.rights & governed, place.get()};
    if (!S_ISDIR(found.st_mode)) beneath.rights &= of_files;
    if (beneath.rights == 0) return;
    if (::syscall(SYS_landlock_add_rule, ruleset, path_beneath, &beneath, 0U) != 0)
        fail("Landlock: " + rule.path.string());
}

}  // namespace

int abi() {
    const auto version = ::syscall(SYS_landlock_create_ruleset, nullptr, std::size_t{0}, version_flag);
    return version > 0 ? static_cast<int>(version) : 0;
}

void restrict_self(const Rules& rules) {
    const int version = abi();
    if (version == 0) throw std::logic_error("Landlock was asked for where there is none");
    const Rights governed = rules.governed & rights_known_to(version);
    RulesetAttributes attributes{governed, 0, 0};
    if (!rules.tcp_bind) attributes.tcp_rights |= bind_tcp;
    if (!rules.tcp_connect) attributes.tcp_rights |= connect_tcp;
    if (!rules.abstract_sockets) attributes.scopes |= scope_abstract_sockets;
    if (!rules.signals) attributes.scopes |= scope_signals;
    const UniqueFd ruleset{
        static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attributes, size_known_to(version), 0U))};
    if (!ruleset) fail("Landlock: create_ruleset");
    for (const auto& rule : rules.files) add(ruleset.get(), rule, governed);
    if (::syscall(SYS_landlock_restrict_self, ruleset.get(), 0U) != 0) fail("Landlock: restrict_self");
}

}  // namespace jeton::landlock
