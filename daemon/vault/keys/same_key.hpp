/// Whether two root keys are one and the same.
#pragma once

#include "daemon/base/encoding.hpp"
#include "daemon/base/secret.hpp"
#include "daemon/vault/keys/root_key.hpp"

namespace jeton::vault {

/// In constant time.
[[nodiscard]] inline bool is_same_key(const RootKey& left, const RootKey& right) {
    return equal_constant_time(text_of(left.reveal()), text_of(right.reveal()));
}

}  // namespace jeton::vault
