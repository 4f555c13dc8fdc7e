#include "daemon/vault/sandbox.hpp"

#include <cerrno>

#include "daemon/base/files.hpp"
#include "daemon/base/sandbox.hpp"

namespace jeton::vault {
namespace {

void refuse_sockets(SyscallFilter& filter) {
    static constexpr const char* sockets[] = {"socket", "socketpair"};
    filter.refuse(sockets, EAFNOSUPPORT);
    static constexpr const char* reaching[] = {"connect", "bind", "listen", "accept", "accept4"};
    filter.refuse(reaching, EPERM);
}

void serve_and_notify(SyscallFilter& filter) {
    static constexpr const char* serving[] = {"accept4"};
    filter.allow(serving);
    calls::allow_telling_the_manager(filter);
    static constexpr const char* reaching[] = {"connect", "bind", "listen", "accept"};
    filter.refuse(reaching, EPERM);
}

}  // namespace

void confine_vault(const Config& config, bool is_service) {
    landlock::Rules files;
    files.abstract_sockets = is_service && manager_is_abstract();
    for (const auto& directory : {config.database().parent_path(), config.paths.anchor}) {
        // Rules are for what is there. Where it cannot be made, the store says so, in its own words.
        (void)ensure_private_directory(directory);
        files.files.push_back({directory, landlock::own});
    }

    SyscallFilter filter{SyscallFilter::Others::absent};
    calls::begin_as_reader(filter);
    calls::allow_writing_files(filter);
    if (is_service) {
        serve_and_notify(filter);
    } else {
        refuse_sockets(filter);
    }
    confine(files, filter);
}

void confine_file_helper() {
    landlock::Rules files{.files = {{"/", landlock::read_only | landlock::write_file | landlock::make_file |
                                              landlock::make_directory | landlock::remove_file}}};
    SyscallFilter filter{SyscallFilter::Others::absent};
    calls::begin_as_reader(filter);
    static constexpr const char* making[] = {"mkdir", "mkdirat", "fsync", "link", "linkat", "unlink", "unlinkat"};
    filter.allow(making);
    refuse_sockets(filter);
    confine(files, filter);
}

}  // namespace jeton::vault
