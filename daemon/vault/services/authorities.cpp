#include "daemon/vault/services/authorities.hpp"

#include <utility>

#include <fmt/format.h>

#include "daemon/base/files.hpp"

namespace jeton::vault {

Result<std::string> authorities_of(std::string_view environment, const std::string& ca_file) {
    if (ca_file.empty()) return std::string{};
    auto certificates = read_certificates(ca_file);
    if (certificates) return certificates;
    auto error = certificates.error();
    error.next += fmt::format("; or name another file: jeton environment edit {} --ca-file FILE", environment);
    return error;
}

}  // namespace jeton::vault
