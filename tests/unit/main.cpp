// Both: in a build with a precompiled header doctest has been read already, and no longer derives one from the other.
#define DOCTEST_CONFIG_IMPLEMENT
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include "daemon/vault/issuer/libcrypto.hpp"

namespace {
/// As in the vault's `main`: before libcurl, in the same program here, has used the library.
[[maybe_unused]] const bool libcrypto_is_prepared = (jeton::vault::prepare_libcrypto(), true);
}  // namespace
