#include "daemon/base/syscall_filter.hpp"

#include <cerrno>
#include <new>
#include <string>
#include <system_error>
#include <vector>

#include <seccomp.h>

namespace jeton {
namespace {

constexpr std::uint32_t absent = SCMP_ACT_ERRNO(ENOSYS);

/// Kernels before 4.14 end only the thread.
std::uint32_t killing() { return ::seccomp_api_get() >= 3 ? SCMP_ACT_KILL_PROCESS : SCMP_ACT_KILL; }

void check(int result, const char* what) {
    if (result < 0) throw std::system_error(-result, std::generic_category(), std::string{"seccomp: "} + what);
}

}  // namespace

struct SyscallFilter::Rules {
    explicit Rules(std::uint32_t for_others) : others(for_others), context(::seccomp_init(for_others)) {
        if (context == nullptr) throw std::bad_alloc{};
    }
    Rules(const Rules&) = delete;
    Rules& operator=(const Rules&) = delete;
    ~Rules() { ::seccomp_release(context); }

    void add(std::uint32_t action, const char* name, const std::vector<scmp_arg_cmp>& arguments = {}) const {
        const int number = ::seccomp_syscall_resolve_name(name);
        if (number == __NR_SCMP_ERROR || action == others) return;
        check(::seccomp_rule_add_array(context, action, number, static_cast<unsigned>(arguments.size()),
                                       arguments.data()),
              name);
    }

    void add(std::uint32_t action, const char* name, std::initializer_list<CallArgument> arguments) const {
        std::vector<scmp_arg_cmp> tests;
        for (const auto& one : arguments) tests.push_back({one.index, SCMP_CMP_MASKED_EQ, one.mask, one.value});
        add(action, name, tests);
    }

    std::uint32_t others;
    scmp_filter_ctx context;
};

SyscallFilter::SyscallFilter(Others others)
    : rules_(std::make_unique<Rules>(others == Others::allowed ? SCMP_ACT_ALLOW : absent)) {
    // Calls of another architecture (32 bits) get past every number that is named here: none of our programs makes any.
    check(::seccomp_attr_set(rules_->context, SCMP_FLTATR_ACT_BADARCH, killing()), "other architectures");
    check(::seccomp_attr_set(rules_->context, SCMP_FLTATR_CTL_NNP, 0), "no_new_privs");  // set by whoever confines
    (void)::seccomp_attr_set(rules_->context, SCMP_FLTATR_API_SYSRAWRC, 1);  // errors as the kernel says them
    (void)::seccomp_attr_set(rules_->context, SCMP_FLTATR_CTL_OPTIMIZE, 2);  // a binary tree instead of a long list
}

SyscallFilter::~SyscallFilter() = default;

void SyscallFilter::allow(Names names) {
    for (const auto* name : names) rules_->add(SCMP_ACT_ALLOW, name);
}

void SyscallFilter::allow(const char* name, std::initializer_list<CallArgument> arguments) {
    rules_->add(SCMP_ACT_ALLOW, name, arguments);
}

void SyscallFilter::refuse(Names names, int error) {
    for (const auto* name : names) rules_->add(SCMP_ACT_ERRNO(static_cast<std::uint32_t>(error)), name);
}

void SyscallFilter::refuse_unless(const char* name, unsigned index, std::uint64_t value, int error) {
    rules_->add(SCMP_ACT_ERRNO(static_cast<std::uint32_t>(error)), name,
                std::vector<scmp_arg_cmp>{{index, SCMP_CMP_NE, value, 0}});
}

void SyscallFilter::refuse_where(const char* name, std::initializer_list<CallArgument> arguments, int error) {
    rules_->add(SCMP_ACT_ERRNO(static_cast<std::uint32_t>(error)), name, arguments);
}

void SyscallFilter::kill(Names names) {
    for (const auto* name : names) rules_->add(killing(), name);
}

bool SyscallFilter::load() {
    const int result = ::seccomp_load(rules_->context);
    // What a kernel without filters answers, to seccomp(2) or to prctl(2).
    if (result == -ENOSYS || result == -EINVAL || result == -EOPNOTSUPP) return false;
    check(result, "load");
    return true;
}

}  // namespace jeton
