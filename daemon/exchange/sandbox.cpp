#include "daemon/exchange/sandbox.hpp"

#include <cerrno>

#include <sys/socket.h>

#include "daemon/base/sandbox.hpp"
#include "daemon/exchange/resolver_files.hpp"

namespace jeton::exchange {
namespace {

/// The authorities that the host trusts, as Debian and other distributions keep them. Private keys lie beside them in
/// /etc/ssl and /etc/pki: those are not named.
constexpr const char* authorities[] = {
    "/etc/ssl/certs",      "/etc/ssl/cert.pem",          "/etc/ssl/openssl.cnf",
    "/usr/lib/ssl",        "/usr/share/ca-certificates", "/usr/local/share/ca-certificates",
    "/etc/pki/tls/certs",  "/etc/pki/tls/cert.pem",      "/etc/pki/ca-trust",
    "/etc/crypto-policies"};

}  // namespace

void confine_exchange() {
    landlock::Rules files;
    files.tcp_connect = true;  // to any port: an endpoint may have any
    for (const auto& file : ResolverFiles::readable()) files.files.push_back({file, landlock::read_only});
    for (const auto* file : authorities) files.files.push_back({file, landlock::read_only});

    SyscallFilter filter{SyscallFilter::Others::absent};
    calls::begin_as_reader(filter);
    // To endpoints and name servers; to name services of this host (a Unix socket); to the kernel, for the addresses
    // that this host has (getaddrinfo(3) orders by them).
    for (const auto family : {AF_INET, AF_INET6, AF_UNIX}) {
        for (const auto kind : {SOCK_STREAM, SOCK_DGRAM}) {
            filter.allow("socket", {{0, all_bits, static_cast<std::uint64_t>(family)},
                                    {1, kind_of_socket, static_cast<std::uint64_t>(kind)}});
        }
    }
    filter.allow("socket", {{0, all_bits, AF_NETLINK}, {2, all_bits, 0 /* NETLINK_ROUTE */}});
    static constexpr const char* reaching[] = {"socketpair", "connect", "bind", "sendmmsg", "recvmmsg"};
    filter.allow(reaching);
    static constexpr const char* serving[] = {"listen", "accept", "accept4"};
    filter.refuse(serving, EPERM);
    confine(files, filter);
}

}  // namespace jeton::exchange
