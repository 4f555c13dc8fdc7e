/// The system calls that a process keeps (seccomp(2)): all others are gone for it, and for all that it starts, for
/// good.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>

namespace jeton {

/// A test of one argument of a system call, of 64 bits: `(argument & mask) == value`.
struct CallArgument {
    unsigned index;  ///< from 0
    std::uint64_t mask;
    std::uint64_t value;
};

/// The mask under which an argument is looked at whole.
inline constexpr std::uint64_t all_bits = ~std::uint64_t{0};

/// The mask of what kind of socket is asked for: the second argument of socket(2), without its flags.
inline constexpr std::uint64_t kind_of_socket = 0xf;

/// Collects rules, then applies them (through libseccomp). Names are those of the kernel; one that this machine does
/// not have, or that libseccomp is too old for, is passed over: it is dealt with like any call that no rule names.
/// Throws std::system_error where libseccomp refuses a rule.
class SyscallFilter {
public:
    enum class Others {
        absent,  ///< ENOSYS, as a kernel answers that does not have the call: the C library then takes another one
        allowed,
    };
    explicit SyscallFilter(Others others);
    SyscallFilter(const SyscallFilter&) = delete;
    SyscallFilter& operator=(const SyscallFilter&) = delete;
    ~SyscallFilter();

    using Names = std::span<const char* const>;
    void allow(Names names);
    /// Only where all of `arguments` hold; several rules for one call: where those of one hold.
    void allow(const char* name, std::initializer_list<CallArgument> arguments);
    /// Fails with `error` (errno).
    void refuse(Names names, int error);
    /// The same where the argument `index` is not `value`.
    void refuse_unless(const char* name, unsigned index, std::uint64_t value, int error);
    /// The same where all of `arguments` hold.
    void refuse_where(const char* name, std::initializer_list<CallArgument> arguments, int error);
    /// Ends the process with SIGSYS.
    void kill(Names names);

    /// Applies the rules to this thread and all that it starts. False where the kernel has no such filters.
    /// Needs `no_new_privs`. Throws std::system_error where the kernel refuses for another reason.
    [[nodiscard]] bool load();

private:
    struct Rules;
    std::unique_ptr<Rules> rules_;
};

}  // namespace jeton
